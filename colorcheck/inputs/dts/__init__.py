"""Device tree source: text with its places, syntax, merging, references, checks."""
