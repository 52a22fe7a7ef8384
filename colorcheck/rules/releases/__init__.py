"""Rules on releases and their dialects."""
