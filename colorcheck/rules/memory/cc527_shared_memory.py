"""Xen stops at a node of static shared memory.

What it checks: `xen,domain-shared-memory-v1` nodes: an id, a role, a property of the right length, whole pages, and one
region for one id.

Why it matters: Xen panics before it reads the rest of the tree ("Early FDT parsing failed").

What it cannot see: a region that a boot loader adds.

Source: `process_shm_node` (xen/common/device-tree/static-shmem.c), measured on 4.20 to 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.xen.notes.domains import SharedMemoryRefused

_SHARED = """shm {{ compatible = "xen,domain-shared-memory-v1"; xen,shm-id = "m"; role = "{role}";
    xen,shared-mem = <0x0 0x60000000 0x0 0x10000000 0x0 0x200000>; }};"""

RULE = from_notes(
    "CC527",
    "shared-memory-refused",
    Severity.ERROR,
    __doc__,
    (SharedMemoryRefused,),
    'write xen,shm-id, role = "owner" or "borrower", and xen,shared-mem with host address, guest address and size',
    bad=Example(chosen=_SHARED.format(role="guest")),
    good=Example(),
)
