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
from colorcheck.rules.words import name_of, says
from colorcheck.xen.machine.shared_memory import LONGEST_ID, MOST_REGIONS
from colorcheck.xen.notes.domains import IO, SharedMemoryFault, SharedMemoryRefused


@says(SharedMemoryRefused)
def _shared_memory_refused(note: SharedMemoryRefused) -> str:
    name = name_of(note.node)
    if note.fault is SharedMemoryFault.NOT_BUILT_IN:
        return f"Xen is built without CONFIG_STATIC_SHM and stops at the shared memory {name}"
    if note.fault in {SharedMemoryFault.GUEST_ADDRESS, SharedMemoryFault.OWNED}:
        return f"the shared memory of {note.domain} stops Xen: {_of_domain(note)}"
    reasons = {
        SharedMemoryFault.NO_ID: "it has no xen,shm-id",
        SharedMemoryFault.LONG_ID: f"its xen,shm-id has more than {LONGEST_ID - 1} characters",
        SharedMemoryFault.ROLE: "its role is neither owner nor borrower",
        SharedMemoryFault.NO_REGION: "it has no xen,shared-mem",
        SharedMemoryFault.LENGTH: f"its xen,shared-mem has {note.number} bytes",
        SharedMemoryFault.HOST_ADDRESS: f"its host address {note.number:#x} is not page-aligned",
        SharedMemoryFault.WRAPS: "its region is empty or wraps around",
        SharedMemoryFault.NOT_PAGES: "its guest address or its size is not a multiple of the page size",
        SharedMemoryFault.OTHER_REGION: f"{note.other} is already the ID of another region",
        SharedMemoryFault.OTHER_ID: f"its region already has the ID {note.other}",
        SharedMemoryFault.TOO_MANY: f"Xen keeps {MOST_REGIONS} regions, and this is one more",
    }
    return f"the shared memory {name} stops Xen: {reasons[note.fault]}"


def _of_domain(note: SharedMemoryRefused) -> str:
    if note.fault is SharedMemoryFault.GUEST_ADDRESS:
        return f"the guest address {note.number:#x} of {note.other} has more than {note.bits} bits"
    owner = "no domain (a node without role)" if note.owner == IO else note.owner
    return f"{note.other} has an owner already: {owner}"


_SHARED = """shm {{ compatible = "xen,domain-shared-memory-v1"; xen,shm-id = "m"; role = "{role}";
    xen,shared-mem = <0x0 0x60000000 0x0 0x10000000 0x0 0x200000>; }};"""

RULE = from_notes(
    "CC527",
    "shared-memory-refused",
    Severity.ERROR,
    __doc__,
    'write xen,shm-id, role = "owner" or "borrower", and xen,shared-mem with host address, guest address and size',
    bad=Example(chosen=_SHARED.format(role="guest")),
    good=Example(),
)
