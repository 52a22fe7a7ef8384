"""Values that everything speaks in: places, diagnostics, colors, theorems, texts of sources."""
