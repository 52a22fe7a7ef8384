"""Readers of boot arguments, color lists, logs, .config files, ImageBuilder files and Xen images."""
