"""What a verification ends in, and how two of them differ."""
