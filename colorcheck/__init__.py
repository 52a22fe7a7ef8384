"""colorcheck: static analyzer, formal checker and planner for cache coloring on the Xen hypervisor (Arm64)."""

__version__ = "0.1.0"
