"""A run of equidistant frames, as the color heap allocates them, stored as an arithmetic sequence."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct


class FrameRun(Struct, frozen=True):
    """`count` frames in the order of allocation: `first`, `first + step`, …"""

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
        """The first `count` frames and the rest; both parts keep the step and may be empty."""
        rest = FrameRun(self.first + count * self.step, self.step, self.count - count)
        return FrameRun(self.first, self.step, count), rest

    def __contains__(self, mfn: object) -> bool:
        return isinstance(mfn, int) and mfn in self.mfns()
