"""What a real boot log and the replay say of the theorems."""
