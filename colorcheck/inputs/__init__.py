"""Readers: one file a format, text to syntax with places, no meaning."""
