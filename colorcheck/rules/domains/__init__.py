"""Rules on domains."""
