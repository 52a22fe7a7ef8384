"""Finds which of many ranges a range overlaps, by binary search."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import accumulate

from colorcheck.xen.machine.machine import Range


class Apart:
    """Disjoint ranges, in the order in which they were added."""

    def __init__(self) -> None:
        self._sorted: list[tuple[int, int, int]] = []
        self._added: list[Range] = []

    def add(self, found: Range) -> None:
        """Add a range that overlaps no earlier one."""
        insort(self._sorted, (found.start, found.end, len(self._added)))
        self._added.append(found)

    def first_met(self, held: Range) -> Range | None:
        """The first added range that `held` overlaps.

        The ranges are disjoint, so their ends are in the same order as their starts.
        """
        met: list[int] = []
        for at in range(bisect_left(self._sorted, (held.end,)) - 1, -1, -1):
            _, end, number = self._sorted[at]
            if end <= held.start:
                break
            met.append(number)
        return self._added[min(met)] if met else None


class Entries:
    """Ranges that may overlap one another, such as the entries of `/memreserve/`."""

    def __init__(self, entries: Sequence[Range]) -> None:
        self._entries = entries
        self._sorted = sorted((entry.start, number) for number, entry in enumerate(entries))
        self._ends = list(accumulate((entries[number].end for _, number in self._sorted), max))

    def first_met(self, held: Range) -> Range | None:
        """The first entry that `held` overlaps without being inside it."""
        met = [number for number in self._overlapped(held) if not _inside(held, self._entries[number])]
        return self._entries[min(met)] if met else None

    def _overlapped(self, held: Range) -> Iterator[int]:
        for at in range(bisect_left(self._sorted, (held.end,)) - 1, -1, -1):
            if self._ends[at] <= held.start:
                return
            number = self._sorted[at][1]
            if held.overlaps(self._entries[number]):
                yield number


def _inside(held: Range, entry: Range) -> bool:
    return entry.start <= held.start and held.end <= entry.end
