"""Frames in the order in which they were given out, kept as arithmetic and written out only when asked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from colorcheck.core.value import dataclass

if TYPE_CHECKING:
    from colorcheck.xen.memory.color_heap import Allocation


@dataclass(frozen=True, slots=True)
class FrameRun:
    """Frames in the order in which they were given out: `first`, `first + step`, … `count` of them."""

    first: int
    step: int
    count: int

    def __iter__(self) -> Iterator[int]:
        return iter((self.first, self.step, self.count))

    @property
    def last(self) -> int:
        return self.first + (self.count - 1) * self.step

    def mfns(self) -> range:
        """The machine frame numbers one by one."""
        if self.step == 0:
            return range(self.first, self.first + 1)
        return range(self.first, self.first + self.count * self.step, self.step)

    def reversed(self) -> FrameRun:
        """The same frames from the last to the first."""
        return FrameRun(self.last, -self.step, self.count)

    def split(self, count: int) -> tuple[FrameRun, FrameRun]:
        """The first `count` frames, and the others; both parts keep the step and may be empty."""
        rest = FrameRun(self.first + count * self.step, self.step, self.count - count)
        return FrameRun(self.first, self.step, count), rest

    def __contains__(self, mfn: object) -> bool:
        return isinstance(mfn, int) and mfn in self.mfns()


@dataclass(frozen=True, slots=True)
class Frames:
    """All frames of a domain, in order. Iterating writes them out as runs: cost grows with the frames."""

    allocations: tuple[Allocation, ...] = ()

    def __iter__(self) -> Iterator[FrameRun]:
        return chain.from_iterable(allocation.runs() for allocation in self.allocations)

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def count(self) -> int:
        return sum(allocation.count for allocation in self.allocations)

    def mfns(self) -> Iterator[int]:
        """Machine frame numbers one by one, in the order in which they were given out."""
        return chain.from_iterable(run.mfns() for run in self)

    def by_color(self) -> dict[int, int]:
        """How many frames of each color these are; colors without any are left out."""
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
