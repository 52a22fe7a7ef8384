"""Rules on the requirements in the manifest."""
