"""What ImageBuilder makes of its configuration."""
