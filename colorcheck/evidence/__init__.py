"""What a real boot log and the replay say about the theorems."""
