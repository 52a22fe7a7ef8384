"""A real Xen under QEMU: the machine, its tree, the stubs that stand for guests, and what the console says."""
