"""Failures of a dom0less domain after it has its memory: shared memory, its own device tree, mappings.

Source: `process_shm`, `prepare_dtb_domU`, `handle_passthrough_prop`, `kernel_load` (xen/arch/arm, from 4.21
xen/common/device-tree), 4.20 to 4.22.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import ancestry_of, compatible, ranges_of
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.machine.mapping import THIRD, Mapping
from colorcheck.xen.machine.shared_memory import Shared, read_shared
from colorcheck.xen.notes.domains import IO, PassthroughMemory, SharedMemoryFault, SharedMemoryRefused

Trees = collections.abc.Mapping[int, DeviceTree]
GUEST_RAM = 1 << 30
_MEASURED_MARGINS = (16, 64)  # bytes


class Given(Struct, frozen=True):
    """Memory that a partial device tree maps into the domain: `start` and `size` in bytes, at the guest address
    `guest`.
    """

    start: int
    size: int
    guest: int
    node: Node


def shared_of(node: Node, sizes: tuple[int, int]) -> tuple[Shared, ...]:
    """The static shared memory of a domain; nodes that Xen refuses are left out."""
    children = (child for child in node.children if compatible(child, "xen,domain-shared-memory-v1"))
    found = (read_shared(child, sizes) for child in children)
    return tuple(shared for shared in found if isinstance(shared, Shared))


def owned_pages(shared: Sequence[Shared]) -> int:
    """Frames of static shared memory that the domain owns; they count as its memory, but have no color assigned."""
    return sum(each.size // PAGE for each in shared if each.owned)


def from_buddy(shared: Sequence[Shared]) -> tuple[tuple[str, int], ...]:
    """The regions that Xen takes from the buddy heap, as (ID, frames)."""
    return tuple((each.id, each.size // PAGE) for each in shared if each.start is None)


def shared_mappings(shared: Sequence[Shared]) -> list[Mapping]:
    """Shared memory as a P2M maps it. Without a host address it comes in pieces, powers of two, the largest first."""
    found = []
    for each in shared:
        gfn, pages = each.guest // PAGE, each.size // PAGE
        if each.start is not None:
            found.append(Mapping(gfn, pages, blocks=(each.start // PAGE - gfn) % THIRD == 0))
            continue
        while pages:
            piece = 1 << (pages.bit_length() - 1)
            found.append(Mapping(gfn, piece, blocks=gfn % min(piece, THIRD) == 0))
            gfn, pages = gfn + piece, pages - piece
    return found


def shared_failure(shared: Sequence[Shared], machine: Machine, kernel: int, number: int) -> Failure | None:
    """Why its shared memory stops Xen. `kernel` is the size of its kernel, which is at the start of its memory."""
    for each in shared:
        if not each.id:
            return Failure(FailureKind.OTHER, "Xen BUG at common/device-tree/static-shmem.c:328")
        if each.start is not None and not _in_memory((each.start, each.start + each.size), machine):
            return Failure(FailureKind.OTHER, "CPU0: Unexpected Trap: Data Abort")
        over = each.guest < GUEST_RAM + max(kernel, 1) and each.guest + each.size > GUEST_RAM
        if over and not each.owned:
            return Failure(FailureKind.OTHER, f"Unable to copy the kernel in the d{number} memory")
    return None


class UnownedMemory(Struct, frozen=True):
    """A region whose guest address has too many bits, or that already has an owner."""

    region: Shared
    bits: int = 0
    owner: str = ""

    def note(self, place: Location, domain: str, node: str) -> SharedMemoryRefused:
        """The note about the domain at which Xen stops."""
        fault = SharedMemoryFault.OWNED if self.owner else SharedMemoryFault.GUEST_ADDRESS
        region = self.region
        return SharedMemoryRefused(place, domain, node, fault, region.guest, region.id, self.bits, self.owner)


class Owners(Struct):
    """The owners of shared memory regions by ID: the first with the role of owner or, without a role, the first
    that uses the region. `address_bits` is the width of guest addresses.
    """

    address_bits: int
    found: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def _owner(shared: Shared, name: str) -> str | None:
        if shared.role is None:
            return IO
        return name if shared.owned else None

    def add(self, shared: Sequence[Shared], name: str) -> UnownedMemory | None:
        """Add the shared memory of the domain `name`, which Xen builds now; returns a fault, None if there is none."""
        for each in shared:
            if each.guest + each.size > 1 << self.address_bits:
                return UnownedMemory(each, bits=self.address_bits)
            other = self.found.get(each.id)
            owner = self._owner(each, name)
            if owner is not None and other is not None and (owner, other) != (IO, IO):
                return UnownedMemory(each, owner=other)
            if owner is not None:
                self.found[each.id] = owner
        return None


def _in_memory(span: Span, machine: Machine) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in machine.spans)


def fits(written: tuple[int, int], room: int, *, measured: bool) -> bool | None:
    """Whether the tree of a domain, with the least and the most bytes in `written`, fits into `room`; None if not
    known. On the measured releases, trees of 4,079 bytes by this count fit into 4,096 and trees of 4,175 did not. A
    release whose writer was not followed (`measured` false) may need an eighth more or less.
    """
    below, above = _MEASURED_MARGINS if measured else (written[1] // 8, written[0] // 8)
    if written[1] + below <= room:
        return True
    return False if written[0] - above > room else None


def partial_trees(node: Node, sizes: tuple[int, int], trees: Trees) -> Iterator[tuple[Node, DeviceTree | None]]:
    """The partial device trees of a domain, with the node that names each; None for one whose content is not known."""
    for child in node.children:
        if compatible(child, "multiboot,device-tree"):
            place = ranges_of(child.properties.get("reg"), *sizes)[:1]
            yield child, trees.get(place[0][0]) if place else None


def given(tree: DeviceTree) -> Iterator[Given]:
    """The memory that `xen,reg` below /passthrough maps into the domain: address, size, guest address, unchecked."""
    ancestry = ancestry_of(tree)
    for top in tree.root.children:
        if top.name != "passthrough":
            continue
        for node in top.walk():
            parent = ancestry.parent(node)
            found = node.properties.get("xen,reg")
            if found is None or parent is None:
                continue
            address, size = ancestry.cell_sizes(parent)
            width = 4 * (2 * address + size)
            for at in range(0, len(found.value) - width + 1, width):
                entry = found.value[at : at + width]
                start = int.from_bytes(entry[: 4 * address], "big")
                length = int.from_bytes(entry[4 * address : 4 * (address + size)], "big")
                yield Given(start, length, int.from_bytes(entry[4 * (address + size) :], "big"), node)


def mappings(found: Sequence[Given]) -> list[Mapping]:
    return [Mapping(each.guest // PAGE, -(-each.size // PAGE), blocks=True) for each in found]


def in_memory(found: Sequence[Given], machine: Machine, name: str) -> Iterator[Note]:
    """A note for each range of a partial tree that is in memory."""
    for each in found:
        for start, end in machine.may_be_memory:
            low, high = max(each.start, start), min(each.start + each.size, end)
            if low < high:
                place = each.node.properties["xen,reg"].value_location
                yield PassthroughMemory(place, name, low, high, DomainKind.DOM0LESS)
