"""Meetings found by trying, frame by frame, apart from what the analysis works out."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.units import PAGE
from colorcheck.core.witness import CacheLine, LineMeeting
from colorcheck.hardware.index import IndexFunction, Linear, Sliced, UnknownIndex, XorHashed
from colorcheck.replay.witness import colors_of, frames_of
from colorcheck.xen.booted import Boot

_FRAMES = 64  # looked at for each color and owner; more only repeat what a hash makes of them


def shared_frames(boot: Boot, first: str, second: str) -> Iterator[tuple[int, int, int]]:
    """For each color that both owners have frames of: the color and a frame of each."""
    for color in sorted(set(colors_of(boot, first)) & set(colors_of(boot, second))):
        yield color, frames_of(boot, first, color, 1)[0], frames_of(boot, second, color, 1)[0]


def meeting(boot: Boot, first: str, second: str, index: IndexFunction) -> LineMeeting | None:
    """Two lines of the two owners in one set of the cache, equal colors tried first; None where none were found.

    Looks at the first frames of each color, so None is no proof that there are none.
    """
    if isinstance(index, UnknownIndex):
        return None
    mine, theirs = colors_of(boot, first), colors_of(boot, second)
    common = [color for color in mine if color in theirs]
    pairs = [(color, color) for color in common] + [(a, b) for a in mine for b in theirs if a != b]
    lines: dict[tuple[str, int], dict[int, CacheLine]] = {}
    for one, other in pairs:
        here = _sets(boot, first, one, index, lines)
        there = _sets(boot, second, other, index, lines)
        common_sets = here.keys() & there.keys()
        if common_sets:
            chosen = min(common_sets)
            return LineMeeting(here[chosen], there[chosen], chosen)
    return None


def _sets(
    boot: Boot,
    owner: str,
    color: int,
    index: Linear | XorHashed | Sliced,
    known: dict[tuple[str, int], dict[int, CacheLine]],
) -> dict[int, CacheLine]:
    """For each cache set that the first frames of an owner's color touch, one line in it."""
    found = known.get((owner, color))
    if found is None:
        found = known[owner, color] = {}
        line = index.within.line if isinstance(index, Sliced) else index.line
        for mfn in frames_of(boot, owner, color, _FRAMES):
            for address in range(mfn * PAGE, (mfn + 1) * PAGE, line):
                found.setdefault(index.set_of(address), CacheLine(owner, mfn, color, address))
    return found
