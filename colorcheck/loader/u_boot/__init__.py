"""Follows U-Boot scripts as values: nothing of them is executed."""
