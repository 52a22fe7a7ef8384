"""Rules on files that could not be read as they are."""
