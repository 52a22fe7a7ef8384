"""Compares measurements of real Xen, xl, dtc and U-Boot with this colorcheck on the user's machine."""
