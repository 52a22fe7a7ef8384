"""What Xen's EFI loader does with the firmware, its configuration and the device tree."""
