"""Readers of device trees, sources, blobs and overlays."""
