"""Rules on colorcheck itself."""
