"""The results of a verification, and the difference between two of them."""
