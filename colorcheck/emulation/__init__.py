"""A real Xen under QEMU: the machine, its tree, the stubs for guests, and the console output."""
