"""Xen's EFI loader: its handling of the firmware, its configuration and the device tree."""
