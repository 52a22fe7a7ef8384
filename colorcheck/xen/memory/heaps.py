"""From the boot allocator to Xen's two heaps (`end_boot_allocator`, xen/common/page_alloc.c, 4.20–4.22)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.xen.machine.intervals import Span


class Heaps(Struct, frozen=True):
    """The two heaps after boot, in frames.

    `lowest` is the lowest region, which goes entirely to the buddy heap and does not count towards the reserve;
    `reserve` is the buddy reserve taken from the others; `color` is the rest for the color heap, ascending.
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
    """Split the boot regions, ascending, into heaps; `buddy_size` is `buddy-alloc-size` in bytes.

    The reserve is taken from the starts of the regions, highest region first.
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
