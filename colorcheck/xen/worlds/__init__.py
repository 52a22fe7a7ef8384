"""Worlds: one choice of values for the open facts each; booted, and bounded over all placements."""
