"""Addresses that a boot loader may choose for items without one: in memory, without overlapping anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

from msgspec import Struct

from colorcheck.core.units import MIB, PAGE
from colorcheck.loader.facts import Span
from colorcheck.xen.facts.book import Chosen, FactBook
from colorcheck.xen.facts.gather import IMAGE_ALIGNMENT, LARGEST_IMAGE
from colorcheck.xen.facts.keys import (
    DOM0_KERNEL,
    IMAGE_SIZE,
    MEMORY,
    TREE_ADDRESS,
    TREE_SIZE,
    XEN_ADDRESS,
    PlacedInMemory,
)
from colorcheck.xen.machine.intervals import merged, without
from colorcheck.xen.machine.machine import Machine

IMAGES = (0x17C000, 0x100000, LARGEST_IMAGE)
"""Sizes of Xen's image that are tried, in bytes: a usual build's, a small one's, the largest possible."""
KERNELS = (32 * MIB, 4 * MIB)
MEMORIES = (((0x40000000, 0x80000000),), ((0x40000000, 0x20000000),))
"""Memory that is tried if none is known."""
MOST = 48  # worlds that are tried


class PieceToPlace(Struct, frozen=True):
    """Something to be placed: `size` and `align` in bytes."""

    name: str
    size: int
    align: int


def placements(facts: FactBook, machine: Machine) -> Iterator[Chosen]:
    """Values for all open facts about placement, usual ones first; `machine` has no open items.

    Each is a possible world: placed items are in memory and overlap nothing. At most `MOST`.
    """
    yield from islice(_distinct(_placements(facts, machine)), MOST)


def _distinct(found: Iterator[Chosen]) -> Iterator[Chosen]:
    seen: set[tuple[tuple[str, object], ...]] = set()
    for chosen in found:
        key = tuple(sorted(chosen.items(), key=lambda item: item[0]))
        if key not in seen:
            seen.add(key)
            yield chosen


def _placements(facts: FactBook, machine: Machine) -> Iterator[Chosen]:
    sizes = list(product(_images(facts), _trees(facts), _kernels(facts)))
    for memory in MEMORIES if facts.is_open(MEMORY) else (None,):
        base: Chosen = {} if memory is None else {MEMORY.name: memory}
        banks = machine.spans if memory is None else tuple((start, start + size) for start, size in memory)
        gaps = _gaps(machine, banks)
        for image, tree, kernel in sizes:
            own = {**base, **_sizes(facts, image, tree)}
            pieces = list(_pieces(facts, image, tree, kernel))
            for corners in _corners(len(pieces)):
                placed = _placed(pieces, gaps, corners)
                if placed is not None:
                    yield {**own, **placed}


def _images(facts: FactBook) -> Sequence[int]:
    return IMAGES if facts.is_open(IMAGE_SIZE) else (facts.read(IMAGE_SIZE),)


def _trees(facts: FactBook) -> Sequence[int]:
    if not facts.is_open(TREE_SIZE):
        return (facts.read(TREE_SIZE),)
    values = getattr(facts.fact(TREE_SIZE), "values", None)
    if isinstance(values, tuple):
        return values
    low, high = (values.low, values.high - 1) if isinstance(values, Span) else (PAGE, 2 * MIB)
    return (min(-(-low // PAGE) * PAGE, high), high)


def _kernels(facts: FactBook) -> Sequence[int]:
    return KERNELS if facts.is_open(DOM0_KERNEL) else (0,)


def _sizes(facts: FactBook, image: int, tree: int) -> Chosen:
    return {key.name: size for key, size in ((IMAGE_SIZE, image), (TREE_SIZE, tree)) if facts.is_open(key)}


def _pieces(facts: FactBook, image: int, tree: int, kernel: int) -> Iterator[PieceToPlace]:
    for piece in (
        PieceToPlace(XEN_ADDRESS.name, image, IMAGE_ALIGNMENT),
        PieceToPlace(TREE_ADDRESS.name, tree, PAGE),
        PieceToPlace(DOM0_KERNEL.name, kernel, 2 * MIB),
    ):
        if piece.name in facts.unknown:
            yield piece


def _gaps(machine: Machine, banks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    held = merged(each.span for each in (*machine.modules, *machine.reserved, *machine.shared))
    return [gap for bank in banks for gap in without(bank, held)]


def _corners(pieces: int) -> Iterator[tuple[tuple[int, bool], ...]]:
    """For each piece a gap, counted from the lowest (0, 1, …) or the highest (-1, -2, …), and its low or high end."""
    ends = ((0, False), (-1, True), (0, True), (-1, False), (1, False), (-2, True))
    yield from product(ends, repeat=pieces)


def _placed(
    pieces: list[PieceToPlace], gaps: list[tuple[int, int]], corners: tuple[tuple[int, bool], ...]
) -> Chosen | None:
    """The pieces, each at the end of a gap that the corner names; None if one does not fit there."""
    left, chosen = list(gaps), dict[str, object]()
    for piece, (number, high) in zip(pieces, corners, strict=True):
        fitting = [gap for gap in left if _start(gap, piece, high=high) is not None]
        if not -len(fitting) <= number < len(fitting):
            return None
        gap = fitting[number]
        start = _start(gap, piece, high=high)
        if start is None:
            return None
        chosen[piece.name] = PlacedInMemory(start, piece.size) if piece.name == DOM0_KERNEL.name else start
        left = [rest for each in left for rest in without(each, [(start, start + piece.size)])]
    return chosen


def _start(gap: tuple[int, int], piece: PieceToPlace, *, high: bool) -> int | None:
    low = -(-gap[0] // piece.align) * piece.align
    last = (gap[1] - piece.size) // piece.align * piece.align
    if last < low:
        return None
    return last if high else low
