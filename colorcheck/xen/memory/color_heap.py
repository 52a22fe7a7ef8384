"""The color heap: one list of free frames per color, as arithmetic on boot regions.

The cost does not grow with memory: the lists after boot are determined by the regions, so a list is a count of frames
taken from it, and a domain gets a span of that count.

Frames only leave the lists. Frames that a domain gives back, when destroyed or ballooning down, go to the uncolored
heap for good: `mark_page_free` clears the bit that marks a colored frame, so `free_heap_pages` treats it as uncolored.
Measured on 4.20.4, 4.21.2 and 4.22.0.

Source: `init_color_heap_pages`, `alloc_color_heap_page`, `mark_page_free` (xen/common/page_alloc.c, 4.20–4.22).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from colorcheck.xen.memory.frame_run import FrameRun
from colorcheck.xen.memory.leveling import level, rounds


class BootLists(Struct, frozen=True):
    """The color lists after boot: `regions` are [start, end) frames, ascending and disjoint.

    A list allocates the highest frame of the lowest region first, then downwards, then the next region from its top.
    """

    nr_colors: int
    regions: tuple[tuple[int, int], ...]

    def totals(self) -> tuple[int, ...]:
        """Frames of each color."""
        whole, change = 0, [0] * (self.nr_colors + 1)
        for start, end in self.regions:
            full, rest = divmod(end - start, self.nr_colors)
            whole += full
            first = start % self.nr_colors
            last = first + rest
            change[first] += 1
            change[min(last, self.nr_colors)] -= 1
            if last > self.nr_colors:
                change[0] += 1
                change[last - self.nr_colors] -= 1
        return tuple(whole + extra for extra in accumulate(change[:-1]))

    def _column(self, region: tuple[int, int], color: int) -> tuple[int, int]:
        """The highest frame of a color in a region, and how many it has there."""
        start, end = region
        top = end - 1 - (end - 1 - color) % self.nr_colors
        return top, 0 if top < start else (top - start) // self.nr_colors + 1

    def span(self, color: int, start: int, count: int) -> Iterator[FrameRun]:
        """`count` frames of a list from position `start` on, as runs in the list's order."""
        for region in self.regions:
            if count <= 0:
                return
            top, here = self._column(region, color)
            if start >= here:
                start -= here
                continue
            part = min(count, here - start)
            yield FrameRun(top - start * self.nr_colors, -self.nr_colors, part)
            start, count = 0, count - part

    def place(self, mfn: int) -> int | None:
        """The position of a frame in the list of its color; None if it never was in a list."""
        index = bisect_left(self.regions, (mfn + 1,)) - 1
        if index < 0 or mfn >= self.regions[index][1]:
            return None
        color = mfn % self.nr_colors
        before = sum(self._column(region, color)[1] for region in self.regions[:index])
        return before + (self._column(self.regions[index], color)[0] - mfn) // self.nr_colors


class Column(Struct, frozen=True):
    """The frames taken from one list: `count` frames from position `start` on."""

    color: int
    free_before: int
    count: int
    start: int


class Allocation(Struct, frozen=True):
    """Frames that successive requests took from the color heap for one domain.

    `columns` are in the order of the domain's list, without repetitions.
    """

    lists: BootLists
    columns: tuple[Column, ...]
    asked: int

    @property
    def count(self) -> int:
        return sum(column.count for column in self.columns)

    @property
    def missing(self) -> int:
        """Requested frames that were not available."""
        return self.asked - self.count

    def by_color(self) -> Iterator[tuple[int, int]]:
        return ((column.color, column.count) for column in self.columns)

    def column(self, color: int) -> Iterator[FrameRun]:
        """The frames of one color as runs, in the order of allocation."""
        for column in self.columns:
            if column.color == color:
                yield from self.lists.span(color, column.start, column.count)

    def runs(self) -> Iterator[FrameRun]:
        """All frames as runs in the order of allocation. The cost grows with the number of runs."""
        return rounds([(column.free_before, column.count, list(self.column(column.color))) for column in self.columns])

    def contains(self, mfn: int) -> bool:
        column = next((c for c in self.columns if c.color == mfn % self.lists.nr_colors), None)
        if column is None:
            return False
        place = self.lists.place(mfn)
        return place is not None and column.start <= place < column.start + column.count


class ColorHeap(Struct, frozen=True):
    """The lists at one point in time. `used` counts the frames taken from each list; `free` those left."""

    lists: BootLists
    used: tuple[int, ...]
    free: tuple[int, ...]

    @classmethod
    def at_boot(cls, nr_colors: int, regions: Iterable[tuple[int, int]]) -> ColorHeap:
        """The heap after boot; `regions` are disjoint [start, end) frames, in any order."""
        lists = BootLists(nr_colors, tuple(sorted((start, end) for start, end in regions if start < end)))
        return cls(lists, (0,) * nr_colors, lists.totals())

    @property
    def nr_colors(self) -> int:
        return self.lists.nr_colors

    def available(self, colors: Iterable[int]) -> int:
        """Free frames of these colors, each color counted once."""
        return sum(self.free[color] for color in set(colors))

    def take(self, colors: Sequence[int], count: int) -> tuple[Allocation, ColorHeap]:
        """`count` single frames for a domain with these colors, or as many as there are, and the heap afterwards.

        Each request takes the fullest of the domain's lists, the first in its order among equals
        (`alloc_color_heap_page`); altogether, this levels the fullest lists down.
        """
        order = tuple(dict.fromkeys(colors))
        taken = level([self.free[color] for color in order], count)
        used, free = list(self.used), list(self.free)
        columns = []
        for color, number in zip(order, taken, strict=True):
            columns.append(Column(color, free[color], number, used[color]))
            used[color] += number
            free[color] -= number
        heap = ColorHeap(self.lists, tuple(used), tuple(free))
        return Allocation(self.lists, tuple(columns), count), heap
