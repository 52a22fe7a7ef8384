"""What several rules look up."""
