"""Readers: one module per format, from text to syntax with locations, without interpretation."""
