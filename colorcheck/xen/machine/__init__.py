"""The machine that Xen finds."""
