"""Static shared memory as Xen reads it: `xen,domain-shared-memory-v1` nodes below /chosen.

Source: `process_shm_node`, `process_shm` (static-shmem.c in xen/arch/arm, from 4.21 in xen/common/device-tree).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import join, string
from colorcheck.xen.machine.machine import MAX_ADDRESS
from colorcheck.xen.notes.domains import SharedMemoryFault

EINVAL, ENOENT, ENOSPC = -22, -2, -28
MOST_REGIONS = 32  # NR_SHMEM_BANKS
LONGEST_ID = 16  # MAX_SHM_ID_LENGTH, the final NUL included


class Shared(Struct, frozen=True):
    """A region of static shared memory in bytes; `start` is None if Xen takes it from the buddy heap."""

    id: str
    start: int | None
    guest: int
    size: int
    role: str | None

    @property
    def owned(self) -> bool:
        return self.role == "owner"


class RefusedSharedMemory(Struct, frozen=True):
    """Why Xen stops at the node: the fault, the property concerned, and the code that Xen prints.

    `number` is the length of `xen,shared-mem` or the host address, `other` the ID of a region before.
    """

    fault: SharedMemoryFault
    key: str = "xen,shared-mem"
    code: int = EINVAL
    number: int = 0
    other: str = ""


def read_shared(node: Node, sizes: tuple[int, int], known: Sequence[Shared] = ()) -> Shared | RefusedSharedMemory:
    """A node in the cells of its parent; `known` are the regions read before it."""
    label, role = node.properties.get("xen,shm-id"), node.properties.get("role")
    if label is None:
        return RefusedSharedMemory(SharedMemoryFault.NO_ID, "xen,shm-id", ENOENT)
    text, ended, _ = label.value[:LONGEST_ID].partition(b"\0")
    if not ended:
        return RefusedSharedMemory(SharedMemoryFault.LONG_ID, "xen,shm-id")
    if role is not None and string(node, "role") not in ("owner", "borrower"):
        return RefusedSharedMemory(SharedMemoryFault.ROLE, "role")
    found = node.properties.get("xen,shared-mem")
    if found is None:
        return RefusedSharedMemory(SharedMemoryFault.NO_REGION, code=ENOENT)
    address, size = sizes
    cells, hosted = len(found.value) // 4, 2 * address + size
    if len(found.value) % 4 or cells not in (hosted, hosted - address):
        return RefusedSharedMemory(SharedMemoryFault.LENGTH, number=len(found.value))
    values = [int.from_bytes(found.value[at : at + 4], "big") for at in range(0, len(found.value), 4)]
    start = join(values[:address]) if cells == hosted else None
    rest = values[cells - address - size :]
    shared = Shared(
        text.decode("latin-1"),
        start,
        join(rest[:address]),
        join(rest[address:]),
        string(node, "role") if role else None,
    )
    return _checked(shared, known)


def _checked(shared: Shared, known: Sequence[Shared]) -> Shared | RefusedSharedMemory:
    start = shared.start
    if start is not None and start % PAGE:
        return RefusedSharedMemory(SharedMemoryFault.HOST_ADDRESS, number=start)
    if start is not None and (not shared.size or start + shared.size >= MAX_ADDRESS):
        return RefusedSharedMemory(SharedMemoryFault.WRAPS)
    if shared.guest % PAGE or not shared.size or shared.size % PAGE:
        return RefusedSharedMemory(SharedMemoryFault.NOT_PAGES)
    for other in known:
        same = other.size == shared.size and (start is None or other.start == start)
        if other.id == shared.id and not same:
            return RefusedSharedMemory(SharedMemoryFault.OTHER_REGION, other=shared.id)
        if other.id != shared.id and start is not None and same:
            return RefusedSharedMemory(SharedMemoryFault.OTHER_ID, "xen,shm-id", other=other.id)
    if len(known) >= MOST_REGIONS and all(other.id != shared.id for other in known):
        return RefusedSharedMemory(SharedMemoryFault.TOO_MANY, "xen,shm-id", ENOSPC)
    return shared
