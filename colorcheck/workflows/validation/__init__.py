"""What was measured on real Xen, xl, dtc and U-Boot, held against this colorcheck on the user's machine."""
