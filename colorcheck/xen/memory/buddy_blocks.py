"""The free blocks of the buddy heap, and how it serves shared memory without a host address.

Xen takes such memory in powers of two of pages, the largest that fit first, and keeps at most 32 pieces. Source:
`allocate_domheap_memory` (xen/arch/arm/domain_build.c), `save_map_heap_pages`, `NR_SHMEM_BANKS` (static-shmem.c),
`alloc_heap_pages` (xen/common/page_alloc.c), 4.20 to 4.22.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from colorcheck.xen.machine.intervals import Span

MOST_PIECES = 32
_MAX_ORDER = 18
_SMALLEST = 6  # smaller blocks than this order are ignored if Xen may have taken any of them


def blocks(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """The largest aligned blocks of these frames: (first frame, order)."""
    found = []
    for start, end in spans:
        low = start
        while low < end:
            aligned = (low & -low).bit_length() - 1 if low else _MAX_ORDER
            order = min(aligned, (end - low).bit_length() - 1, _MAX_ORDER)
            found.append((low, order))
            low += 1 << order
    return found


def untouched(spans: Iterable[Span], used: int) -> list[tuple[int, int]]:
    """Blocks that are free whatever Xen has taken before, up to `used` pages in small pieces.

    A request is served from the smallest block that holds it, in the zone with the highest addresses that has one (a
    zone is the frames between two powers of two). At worst, all of these pages are in one zone, and in its largest
    blocks: those that they fill are gone, and the next one is cut at one end.
    """
    zones: dict[int, list[tuple[int, int]]] = {}
    for block in blocks(spans):
        zones.setdefault(block[0].bit_length(), []).append(block)
    left = []
    for zone in zones.values():
        rest = max(1, used)
        for start, order in sorted(zone, key=lambda block: block[1], reverse=True):
            if rest > 0:
                cut = (rest - 1).bit_length()
                left += [(start + (1 << each), each) for each in range(max(cut, _SMALLEST), order)]
            elif order >= _SMALLEST:
                left.append((start, order))
            rest -= 1 << order
    return left


def served(free: Iterable[tuple[int, int]], sizes: Iterable[int]) -> int | None:
    """The number of pieces in which the last of these sizes, in pages, is allocated if they are served in turn;
    None if there are too few frames.
    """
    there = Counter(order for _, order in free)
    count: int | None = 0
    for pages in sizes:
        count = _pieces(there, pages)
        if count is None:
            return None
    return count


def _pieces(there: Counter[int], pages: int) -> int | None:
    count, order = 0, _MAX_ORDER
    while pages:
        order = min(order, pages.bit_length() - 1)
        large = next((each for each in range(order, _MAX_ORDER + 1) if there[each]), None)
        if large is None and not order:
            return None
        if large is None:
            order -= 1
            continue
        there[large] -= 1
        for each in range(order, large):
            there[each] += 1
        pages -= 1 << order
        count += 1
    return count
