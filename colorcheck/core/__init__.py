"""The shared vocabulary of values: places, diagnostics, colors, theorems, texts of sources."""
