"""Rules on reading inputs."""
