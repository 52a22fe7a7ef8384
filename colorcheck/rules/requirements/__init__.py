"""Rules on the requirements that the manifest traces."""
