"""The reader of colorcheck.toml."""
