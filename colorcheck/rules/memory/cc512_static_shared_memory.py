"""Domains share memory that has every color.

What it checks: nodes compatible with `xen,domain-shared-memory-v1` while coloring is on.

Why it matters: Xen silently accepts them, although their frames have all colors: what two domains do there can
evict lines of any other domain.

What it cannot see: how much of the region is used.

Source: `process_shm` (xen/common/device-tree/static-shmem.c, 4.20 to 4.22): no check against coloring; measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import StaticSharedMemory
from colorcheck.xen.notes.sentences import memory_shared

says(StaticSharedMemory)(memory_shared)


_SHARED = """cpus = <1>;
            shared@50000000 {
                compatible = "xen,domain-shared-memory-v1";
                role = "owner";
                xen,shm-id = "ring";
                xen,shared-mem = <0x0 0x50000000 0x0 0x60000000 0x0 0x100000>;
            };"""

RULE = from_notes(
    "CC512",
    "static-shared-memory",
    Severity.WARNING,
    __doc__,
    "share through grants, whose frames keep their owner's colors; or keep the region small and accept it",
    bad=Example(chosen=DOMAIN.format(more=_SHARED)),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
