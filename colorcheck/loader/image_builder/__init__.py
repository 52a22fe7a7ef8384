"""What ImageBuilder does with its configuration."""
