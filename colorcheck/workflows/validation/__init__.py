"""What was measured on real Xen, xl, dtc and U-Boot, compared with this colorcheck on the user's machine."""
