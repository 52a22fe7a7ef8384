"""Values shared by all packages: locations, diagnostics, colors, theorems, source texts."""
