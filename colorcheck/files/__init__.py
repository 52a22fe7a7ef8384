"""File access: atomic writes, edits, git revisions, shipped data."""
