"""Rules on what is written in files."""
