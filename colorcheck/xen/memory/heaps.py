"""From the boot allocator to Xen's two heaps (`end_boot_allocator`, xen/common/page_alloc.c, 4.20–4.22)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.xen.machine.intervals import Span


class Heaps(Struct, frozen=True):
    """The two heaps as boot leaves them, in frames.

    `lowest` is the lowest region, which goes whole to the buddy heap and does not count against the reserve;
    `reserve` what the buddy reserve took of the others; `color` what is left for the color heap, ascending.
    """

    lowest: Span
    reserve: tuple[Span, ...]
    color: tuple[Span, ...]

    @property
    def reserved_pages(self) -> int:
        return sum(end - start for start, end in self.reserve)

    @property
    def buddy_pages(self) -> int:
        return self.lowest[1] - self.lowest[0] + self.reserved_pages


def split(regions: Sequence[Span], buddy_size: int) -> Heaps:
    """The heaps made of the boot regions, ascending; `buddy_size` is `buddy-alloc-size` in bytes.

    The reserve is taken from the starts of the regions, the highest first.
    """
    filled = [region for region in regions if region[0] < region[1]]
    if not filled:
        return Heaps((0, 0), (), ())
    budget = buddy_size // PAGE
    reserve: list[Span] = []
    color: list[Span] = []
    for start, end in reversed(filled[1:]):
        part = min(budget, end - start)
        budget -= part
        if part:
            reserve.append((start, start + part))
        if start + part < end:
            color.append((start + part, end))
    return Heaps(filled[0], tuple(reserve), tuple(reversed(color)))
