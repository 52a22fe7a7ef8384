"""Look-ups that several rules share."""
