"""The search for the best colors."""
