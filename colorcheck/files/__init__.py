"""Files as such: atomic writes, edits, git revisions, shipped data."""
