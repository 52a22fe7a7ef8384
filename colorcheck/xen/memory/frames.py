"""Frames in the order of allocation, stored as arithmetic sequences and expanded only on request."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from msgspec import Struct

from colorcheck.xen.memory.color_heap import Allocation
from colorcheck.xen.memory.frame_run import FrameRun


class Frames(Struct, frozen=True):
    """All frames of a domain, in order. Iterating expands them into runs: the cost grows with the frames."""

    allocations: tuple[Allocation, ...] = ()

    def __iter__(self) -> Iterator[FrameRun]:
        return chain.from_iterable(allocation.runs() for allocation in self.allocations)

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def count(self) -> int:
        return sum(allocation.count for allocation in self.allocations)

    def mfns(self) -> Iterator[int]:
        """The machine frame numbers, in the order of allocation."""
        return chain.from_iterable(run.mfns() for run in self)

    def by_color(self) -> dict[int, int]:
        """The number of frames of each color; colors without frames are omitted."""
        found: dict[int, int] = {}
        for allocation in self.allocations:
            for color, count in allocation.by_color():
                if count:
                    found[color] = found.get(color, 0) + count
        return dict(sorted(found.items()))

    def first_of(self, color: int, count: int = 1) -> tuple[int, ...]:
        """The first frames of one color, at most `count`."""
        runs = chain.from_iterable(allocation.column(color) for allocation in self.allocations)
        return tuple(islice(chain.from_iterable(run.mfns() for run in runs), count))

    def __contains__(self, mfn: object) -> bool:
        return isinstance(mfn, int) and any(allocation.contains(mfn) for allocation in self.allocations)
