"""Mappings into a guest: single pages and blocks.

Source: `p2m_set_entry` (xen/arch/arm/mmu/p2m.c, 4.20–4.22).
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.xen.machine.intervals import Span

THIRD = 1 << 9  # pages under one level-3 table
SECOND = 1 << 18


class Mapping(Struct, frozen=True):
    """`pages` mapped from guest frame `gfn` on; `blocks`: whether 2 MiB and 1 GiB blocks may be used."""

    gfn: int
    pages: int
    blocks: bool = False

    def parts(self) -> tuple[list[Span], list[Span], list[Span]]:
        """The parts mapped in single pages, in 2 MiB blocks and in 1 GiB blocks, in guest frames.

        A block is used only if the frame and the rest of the mapping are multiples of it: if the end is not aligned,
        the whole mapping consists of single pages.
        """
        start, end = self.gfn, self.gfn + self.pages
        if not self.blocks or end % THIRD:
            return [(start, end)], [], []
        seconds = min(-(-start // THIRD) * THIRD, end)
        firsts = end if end % SECOND else min(-(-start // SECOND) * SECOND, end)
        firsts = max(firsts, seconds)
        return [(start, seconds)], [(seconds, firsts)], [(firsts, end)]
