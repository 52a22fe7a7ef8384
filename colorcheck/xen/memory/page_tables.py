"""The number of pages that Xen's own page tables take for a mapping, computed from the windows that it touches.

Source: `map_pages_to_xen`, `xen_pt_mapping_level` (xen/arch/arm/mmu/pt.c): with `_PAGE_BLOCK` a block of 1 GiB or
2 MiB is used if virtual and machine address are aligned to it and enough pages remain.
"""

from __future__ import annotations

from colorcheck.core.units import GIB_PAGES
from colorcheck.xen.machine.intervals import Span, merged, total

_TOP = 1 << 27  # pages under one level-1 table
BLOCK = 1 << 9


class PageTables:
    """The tables that exist in one part of Xen's address space.

    Virtual addresses are in pages. `needs_top`: the level-1 tables come from the boot allocator; those of Xen's own
    slot are in the image.
    """

    def __init__(self, *, needs_top: bool) -> None:
        self._needs_top = needs_top
        self._tops: list[Span] = []
        self._seconds: list[Span] = []
        self._thirds: list[Span] = []

    def map(self, virtual: int, mfn: int, pages: int) -> int:
        """Map `pages` and return the number of new tables."""
        if pages <= 0:
            return 0
        before = self._count()
        end = virtual + pages
        if self._needs_top:
            self._tops = merged([*self._tops, (virtual // _TOP, -(-end // _TOP))])
        ragged = _ragged((virtual, end), GIB_PAGES, aligned=(virtual - mfn) % GIB_PAGES == 0)
        self._seconds = merged([*self._seconds, *((low // GIB_PAGES, -(-high // GIB_PAGES)) for low, high in ragged)])
        same = (virtual - mfn) % BLOCK == 0
        for part in ragged:
            thirds = _ragged(part, BLOCK, aligned=same)
            self._thirds += [(low // BLOCK, -(-high // BLOCK)) for low, high in thirds]
        self._thirds = merged(self._thirds)
        return self._count() - before

    def _count(self) -> int:
        return total(self._tops) + total(self._seconds) + total(self._thirds)


def _ragged(span: Span, block: int, *, aligned: bool) -> list[Span]:
    """The parts of a mapping that blocks of this size cannot cover: all of it, or its unaligned ends."""
    start, end = span
    first, last = -(-start // block) * block, end // block * block
    if not aligned or first >= last:
        return [span]
    return [part for part in ((start, first), (last, end)) if part[0] < part[1]]
