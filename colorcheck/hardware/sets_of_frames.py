"""The cache sets that whole frames use: index functions for replay, without a solver or NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from colorcheck.core.units import PAGE
from colorcheck.hardware.index import KnownIndex


def sets_of_frame(index: KnownIndex, mfn: int) -> frozenset[int]:
    """The sets that the lines of the frame with this number use."""
    return _reader(index)(mfn)[1]


def sets_of_frames(index: KnownIndex, mfns: Iterable[int]) -> frozenset[int]:
    """The sets that any line of these frames uses. Takes one step per frame."""
    read = _reader(index)
    kinds = dict(map(read, mfns))
    return frozenset().union(*kinds.values())


def _reader(index: KnownIndex) -> Callable[[int], tuple[int, frozenset[int]]]:
    """A function from a frame to its kind and its sets; frames of the same kind use the same sets."""
    masks = index.masks()
    lines = range(0, PAGE, min(index.line, PAGE))
    if masks is None:
        return partial(_counted, index, lines)
    # The set index is linear over GF(2): the index of base + offset is that of the base XOR that of the offset.
    offsets = tuple(index.set_of(line) for line in lines)
    known: dict[int, frozenset[int]] = {}
    return partial(_linear, index, offsets, known)


def _linear(
    index: KnownIndex, offsets: tuple[int, ...], known: dict[int, frozenset[int]], mfn: int
) -> tuple[int, frozenset[int]]:
    base = index.set_of(mfn * PAGE)
    sets = known.get(base)
    if sets is None:
        sets = known[base] = frozenset(base ^ offset for offset in offsets)
    return base, sets


def _counted(index: KnownIndex, lines: range, mfn: int) -> tuple[int, frozenset[int]]:
    sets = frozenset(index.set_of(mfn * PAGE + line) for line in lines)
    return mfn, sets
