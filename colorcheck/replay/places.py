"""The frames of one domain, or of Xen: by color, by range of memory, by cache set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from msgspec import Struct

from colorcheck.hardware.index import KnownIndex
from colorcheck.hardware.sets_of_frames import sets_of_frames
from colorcheck.replay.witness import XEN
from colorcheck.xen.booted import Boot
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.memory.frame_run import FrameRun

_LOOKED_AT = 64  # frames of a color whose cache sets are listed


class ColorPlace(Struct, frozen=True):
    """The frames of one color: how many, and as runs, those of each region in the order of their giving out."""

    color: int
    runs: tuple[FrameRun, ...]

    @property
    def count(self) -> int:
        return sum(run.count for run in self.runs)

    def first(self, count: int) -> tuple[int, ...]:
        """The machine frame numbers that were allocated first, at most `count`."""
        return tuple(islice(chain.from_iterable(run.mfns() for run in self.runs), count))

    def cache_sets(self, index: KnownIndex) -> frozenset[int]:
        """The sets that the first frames of this color meet."""
        return sets_of_frames(index, self.first(_LOOKED_AT))


def places(boot: Boot, owner: str) -> tuple[ColorPlace, ...]:
    """The frames of a domain by name, or of `xen`, by color. Raises KeyError for a name that has no turn."""
    built = next((built for built in boot.built if built.domain.name == owner), None)
    found: dict[int, list[FrameRun]] = {}
    if built is not None:
        for allocation in built.frames.allocations:
            for color, _ in allocation.by_color():
                found.setdefault(color, []).extend(run for run in allocation.column(color) if run.count)
    elif owner == XEN:
        for run in boot.xen_frames:
            found.setdefault(run.first % (boot.system.nr_colors or 1), []).append(run)
    else:
        raise KeyError(owner)
    return tuple(ColorPlace(color, tuple(runs)) for color, runs in sorted(found.items()) if runs)


def spread(found: Iterable[ColorPlace], spans: Sequence[Span]) -> list[int]:
    """The number of these frames in each span [start, end) of frames."""
    counts = [0] * len(spans)
    for run in chain.from_iterable(place.runs for place in found):
        low, high = sorted((run.first, run.last))
        for number, (start, end) in enumerate(spans):
            if start <= high and end > low:
                counts[number] += _between(low, high, abs(run.step), start, end)
    return counts


def stretches(boot: Boot, found: Sequence[ColorPlace]) -> Iterator[tuple[int, int, int]]:
    """(lowest frame, highest frame, how many) for each part of the memory map in which some of these frames lie."""
    runs = [run for place in found for run in place.runs]
    for part in boot.memory_map:
        inside = [run for run in runs if part.start <= run.first < part.end]
        if inside:
            ends = [mfn for run in inside for mfn in (run.first, run.last)]
            yield min(ends), max(ends), sum(run.count for run in inside)


def _between(low: int, high: int, step: int, start: int, end: int) -> int:
    """The number of low, low + step, … high in [start, end)."""
    if not step:
        return int(start <= low < end)
    first = low + -(-max(0, start - low) // step) * step
    last = min(high, end - 1)
    return max(0, (last - first) // step + 1)
