"""Memory layout and allocation in Xen."""
