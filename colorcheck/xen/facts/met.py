"""Open facts that the model meets: the measurements allow both outcomes, and each is a world.

Such a fact exists only if an outcome depends on it. Its name is one of those below, followed by its subject if there
may be several. The first value is the usual one, with which the model continues.
"""

from __future__ import annotations

from colorcheck.core.source import Location
from colorcheck.loader.facts import OpenFact

BUDDY_HEAP = "buddy-heap"
DOM0_TREE = "dom0-tree"
GUEST_TREE = "guest-tree"
SHARED_PIECES = "shared-memory-pieces"
CPU_POOL = "cpu-pool"
ABOUT_MET = {
    BUDDY_HEAP: "whether the uncolored heap is large enough for Xen and its domains",
    DOM0_TREE: "whether Xen's device tree for dom0 has room for the reserved ranges",
    GUEST_TREE: "whether Xen's device tree for a domain has room for its vCPUs",
    SHARED_PIECES: "in how many pieces the uncolored heap provides shared memory",
    CPU_POOL: "whether a CPU pool is created in dom0",
}
MET_AT_BOOT = (BUDDY_HEAP, SHARED_PIECES)
"""Facts that only the boot itself meets."""


def about_met(name: str) -> str:
    """The subject of a fact in words; empty for a fact that the model does not meet."""
    return ABOUT_MET.get(name.partition(" ")[0], "")


def buddy_heap(message: str, location: Location) -> OpenFact:
    settle = ("# a larger buddy-alloc-size among Xen's arguments",)
    return OpenFact(BUDDY_HEAP, message, settle, location, (True, False))


def shared_pieces(message: str, location: Location) -> OpenFact:
    settle = ("# a host address in xen,shared-mem, or less shared memory",)
    return OpenFact(SHARED_PIECES, message, settle, location, (True, False))


def dom0_tree(message: str, location: Location) -> OpenFact:
    settle = ("# fewer nodes below /reserved-memory, or more padding in the blob (dtc -p 4096)",)
    return OpenFact(DOM0_TREE, message, settle, location, (True, False))


def guest_tree(domain: str, message: str, location: Location) -> OpenFact:
    settle = ("# fewer vCPUs or shorter bootargs",)
    return OpenFact(f"{GUEST_TREE} {domain}", message, settle, location, (True, False))


def cpu_pool(pool: str, message: str, location: Location) -> OpenFact:
    settle = ('# pool = "Pool-0", or a pool created at boot',)
    return OpenFact(f"{CPU_POOL} {pool}", message, settle, location, (False, True))
