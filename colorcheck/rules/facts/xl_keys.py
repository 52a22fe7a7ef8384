"""The keys of xl files that bear on colors, memory and vCPUs."""

from __future__ import annotations

OURS: tuple[str, ...] = ("llc_colors", "memory", "maxmem", "vcpus", "maxvcpus", "cpus", "name")
