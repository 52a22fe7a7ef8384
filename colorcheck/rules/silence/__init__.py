"""Rules on silencing."""
