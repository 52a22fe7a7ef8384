"""How Xen lays out and hands out memory."""
