"""Bounds over placements: the least and the most free frames of each color, wherever a boot loader loads things without
a given address.

Every loss is overestimated, so that the lower bound holds for all placements and every modelled release. Derivation
and worked example: `docs/proofs.md`, "Bounds over placements".
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.units import GIB, MIB, PAGE
from colorcheck.loader.facts import Span as Values
from colorcheck.xen.facts.book import FactBook, FactKey
from colorcheck.xen.facts.gather import LARGEST_IMAGE, LARGEST_TREE
from colorcheck.xen.facts.keys import DOM0_KERNEL, IMAGE_SIZE, MEMORY, TREE_ADDRESS, TREE_SIZE, XEN_ADDRESS
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.machine.machine import BootModule, Machine
from colorcheck.xen.memory.boot import most_used, smallest_buddy
from colorcheck.xen.memory.boot_regions import BootAllocator, TakenPages, consume
from colorcheck.xen.memory.dom0_banks import free_pieces, round_up
from colorcheck.xen.memory.p2m import tables
from colorcheck.xen.memory.relocation import ALIGNMENT, region_size
from colorcheck.xen.release.traits import BankOrder
from colorcheck.xen.system import System

BLOCK = 2 * MIB
_GRANT_LOSS = 3 * BLOCK  # bytes of dom0's address space that its grant table and the missing page (4.20) can cost
_TREE_ROOM = 2 * BLOCK  # of dom0's own device tree in its first bank
_CHUNK_TABLES = 4  # page tables at the unaligned ends of a part of the frame table
_FRAME_TABLE = "frame table"
_FRAME_TABLE_ALIGNMENT = 32 * MIB


class Bound(Struct, frozen=True):
    """A bound on the frames of each color that are free before the first domain is built.

    `dom0_tables` is the most that dom0's P2M takes; None if its banks may not hold its memory. `why` explains the bound
    in words.
    """

    least: tuple[int, ...]
    most: tuple[int, ...]
    dom0_tables: int | None
    why: str


class _Unplaced(Struct, frozen=True):
    """Sizes in pages unless said otherwise."""

    machine: Machine
    nr_colors: int
    pieces: tuple[int, ...]  # the largest size of each item without an address
    region: int  # the largest region to which Xen may move
    gaps: tuple[Span, ...]  # memory outside of all given ranges, in frames, ascending

    @property
    def lost(self) -> int:
        return sum(self.pieces)


def bounds(facts: FactBook, skeleton: System) -> tuple[tuple[int, ...], Bound | None]:
    """The most frames of each color, and the lower bound; None instead of a lower bound if a worse placement cannot be
    excluded. `skeleton` is the system without open items. There is no lower bound if memory or a module of unknown size
    is open.
    """
    prepared, nr_colors = skeleton.preparation, skeleton.nr_colors
    if prepared is None or not nr_colors or facts.is_open(MEMORY):
        return (), None
    unplaced = _unplaced(facts, prepared.machine, nr_colors)
    most = tuple(_colors(unplaced.gaps, nr_colors))
    if facts.is_open(DOM0_KERNEL) or prepared.machine.static_heap or prepared.machine.panic or len(unplaced.gaps) < 2:
        return most, None
    taken = _taken(unplaced, skeleton)
    first = _first_gap(unplaced)
    if first is None or taken is None or not _rooms(unplaced, first, taken):
        return most, None
    if prepared.buddy_size // PAGE < smallest_buddy(tree := _most(facts, TREE_SIZE, LARGEST_TREE)):
        return most, None
    if prepared.buddy_size // PAGE < most_used(skeleton, tree) or any(d.buddy_shares for d in skeleton.domains):
        return most, None  # the number of pieces of shared memory depends on all addresses
    least = _least(unplaced, first, taken, prepared.buddy_size // PAGE)
    why = (
        f"at least {min(least)} frames of each color are free wherever things are loaded: all memory except what is "
        f"given, minus the gap below {first[1] * PAGE:#x}, Xen's region, {unplaced.lost} frames for what "
        "has no known address, the buddy reserve and Xen's tables"
    )
    return most, Bound(least, most, _dom0_tables(skeleton), why)


def _unplaced(facts: FactBook, machine: Machine, nr_colors: int) -> _Unplaced:
    image = _most(facts, IMAGE_SIZE, LARGEST_IMAGE)
    open_sizes = []
    if facts.is_open(XEN_ADDRESS):
        open_sizes.append(image)
    if facts.is_open(TREE_ADDRESS):
        open_sizes.append(_most(facts, TREE_SIZE, LARGEST_TREE))
    elif facts.is_open(TREE_SIZE):
        machine = _with_largest_tree(facts, machine)
    held = merged(each.span for each in (*machine.modules, *machine.reserved, *machine.shared) if _stays(each, facts))
    gaps = [_pages(gap) for bank in machine.spans for gap in without(bank, held)]
    pieces = tuple(-(-size // PAGE) + 1 for size in open_sizes)
    region = region_size(image, nr_colors) // PAGE
    return _Unplaced(machine, nr_colors, pieces, region, tuple(gap for gap in gaps if gap[0] < gap[1]))


def _stays(held: object, facts: FactBook) -> bool:
    """Whether a range stays occupied; Xen's old location is free memory after the move."""
    return getattr(held, "kind", "") != "xen" or facts.is_open(XEN_ADDRESS)


def _with_largest_tree(facts: FactBook, machine: Machine) -> Machine:
    address = facts.read(TREE_ADDRESS)
    if address is None:
        return machine
    place = facts.fact(TREE_ADDRESS).location
    tree = BootModule(address, _most(facts, TREE_SIZE, LARGEST_TREE), "device tree", place, ModuleKind.DEVICE_TREE)
    others = tuple(module for module in machine.modules if module.kind is not ModuleKind.DEVICE_TREE)
    return replace(machine, modules=(*others, tree))


def _most(facts: FactBook, key: FactKey[int], otherwise: int) -> int:
    if not facts.is_open(key):
        return facts.read(key)
    values = getattr(facts.fact(key), "values", None)
    if isinstance(values, tuple):
        largest: int = max(values)
        return largest
    return values.high - 1 if isinstance(values, Values) else otherwise


def _pages(span: Span) -> Span:
    return -(-span[0] // PAGE), span[1] // PAGE


def _colors(spans: Sequence[Span], nr_colors: int) -> list[int]:
    """Frames of each color in these runs."""
    found = [0] * nr_colors
    for start, end in spans:
        whole, rest = divmod(end - start, nr_colors)
        for color in range(nr_colors):
            found[color] += whole + ((color - start) % nr_colors < rest)
    return found


def _first_gap(unplaced: _Unplaced) -> Span | None:
    """The lowest gap, if items without an address cannot fill it: then it is, or contains, the lowest region."""
    first = unplaced.gaps[0]
    return first if unplaced.lost < first[1] - first[0] else None


def _taken(unplaced: _Unplaced, skeleton: System) -> list[TakenPages] | None:
    """The pages that `setup_mm` takes given unlimited room; sizes do not depend on addresses."""
    allocator = BootAllocator([(0, 1 << 40)])
    consume(allocator, unplaced.machine, skeleton.release.traits)
    return allocator.taken


def _rooms(unplaced: _Unplaced, first: Span, taken: Sequence[TakenPages]) -> bool:
    """Whether Xen's region and its frame table fit above the first gap, however the items split the longest one."""
    longest = max((gap[1] - gap[0] for gap in unplaced.gaps if gap != first), default=0)
    count, aligned = len(unplaced.pieces), ALIGNMENT // PAGE
    # Xen's old location is treated as if it had the size of the new one.
    lost = unplaced.lost + (unplaced.region if count else 0)
    if (longest - lost) // (count + 1) < unplaced.region + 2 * aligned:
        return False
    parts = [each.end - each.start for each in taken if each.purpose == _FRAME_TABLE]
    singles = sum(each.end - each.start for each in taken if each.purpose != _FRAME_TABLE)
    alignment = _FRAME_TABLE_ALIGNMENT // PAGE
    needed = sum(parts) + alignment * max(1, len(parts)) + singles
    return (longest - lost - unplaced.region - aligned) // (count + 2) >= needed


def _least(unplaced: _Unplaced, first: Span, taken: Sequence[TakenPages], buddy: int) -> tuple[int, ...]:
    colors = unplaced.nr_colors

    def most_of(pages: int) -> int:
        return -(-pages // colors)

    parts = [each.end - each.start for each in taken if each.purpose == _FRAME_TABLE]
    singles = sum(each.end - each.start for each in taken if each.purpose != _FRAME_TABLE)
    singles += _CHUNK_TABLES * len(parts)
    regions = len(unplaced.gaps) + len(unplaced.pieces) + 2 + len(parts)
    losses = most_of(unplaced.region) + sum(map(most_of, unplaced.pieces)) + most_of(buddy) + regions
    losses += sum(map(most_of, parts)) + most_of(singles) + regions
    there, low = _colors(unplaced.gaps, colors), _colors([first], colors)
    return tuple(max(0, there[color] - low[color] - losses) for color in range(colors))


def _dom0_tables(skeleton: System) -> int | None:
    """The most tables that dom0's P2M takes; None if some placement may make its banks too small.

    Xen's address only determines where dom0's grant table makes a hole of 256 KiB in its address space.
    """
    prepared = skeleton.preparation
    dom0 = next((domain for domain in skeleton.domains if domain.id == 0), None)
    if prepared is None or dom0 is None:
        return 0
    traits = skeleton.release.traits
    pieces = free_pieces(prepared.machine, _NOWHERE, traits)
    memory, need = dom0.pages * PAGE, prepared.first_bank(dom0.name) + _TREE_ROOM
    least = max(min(memory, traits.first_bank_minimum), need)
    if not dom0_fits(pieces, memory, least, by_size=traits.dom0_bank_order is BankOrder.SIZE):
        return None
    ends = max(end for _, end in prepared.machine.spans) if prepared.machine.spans else 0
    seconds = sum(-(-end // GIB) - start // GIB for start, end in prepared.machine.spans)
    thirds = round_up(memory) // BLOCK
    roots = (-(-ends // (512 * GIB)) if prepared.p2m_levels == 4 else 0) + 1
    devices = tables(list(prepared.devices), prepared.p2m_levels)
    return thirds + seconds + roots + devices


_NOWHERE = 1 << 44  # a frame beyond all memory


def dom0_fits(pieces: Sequence[Span], memory: int, least: int, *, by_size: bool) -> bool:
    """Whether dom0's memory fits with a hole anywhere and a first bank of at least `least` bytes."""
    sizes = [end - start for start, end in pieces]
    safe = 2 * least + _GRANT_LOSS  # either part of a split piece can be the first bank
    if by_size:
        return bool(sizes) and max(sizes) >= safe and sum(sizes) - _GRANT_LOSS >= memory >= least
    for number, size in enumerate(sizes):
        if size >= least:
            return size >= safe and sum(sizes[number:]) - least - _GRANT_LOSS >= memory >= least
    return False
