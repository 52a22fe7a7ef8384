"""What Xen's EFI loader makes of the firmware, its configuration and the device tree."""
