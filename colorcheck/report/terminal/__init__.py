"""Reports for reading in a terminal."""
