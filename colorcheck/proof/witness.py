"""Frames that meet: two frames of two owners in one set, taken from the frames that they really get if known."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from colorcheck.core.units import PAGE
from colorcheck.hardware.index import Linear
from colorcheck.proof.context import Context, Party, SharedCache
from colorcheck.xen.kinds import MapUse

TRIED = 1 << 16


def meeting_frames(context: Context, shared: SharedCache, first: Party, second: Party) -> tuple[int, int] | None:
    """Addresses of two different frames, one of each party, in the same set; None if none are found quickly.

    Frames come from the boot, or from the color heap for a party without frames. Only for linear indexes; witnesses for
    other indexes come from the solver.
    """
    index = shared.cache.index if shared.cache else None
    if not isinstance(index, Linear) or index.line * index.sets % PAGE:
        return None
    modulus = index.line * index.sets // PAGE
    ours = _by_set(context, first, modulus)
    for frame in _known(context, second):
        other = next((f for f in ours.get(frame % modulus, ()) if f != frame), None)
        if other is not None:
            return other * PAGE, frame * PAGE
    return None


def _known(context: Context, party: Party) -> tuple[int, ...]:
    """Like `_frames`, but cached in the context."""
    known = context.frames_of.get(party.name)
    if known is None:
        known = context.frames_of[party.name] = tuple(islice(_frames(context, party), TRIED))
    return known


def _by_set(context: Context, party: Party, modulus: int) -> dict[int, list[int]]:
    """At most two frames of the party for each remainder modulo `modulus`."""
    known = context.frames_by_set.get((party.name, modulus))
    if known is None:
        known = context.frames_by_set[party.name, modulus] = {}
        for frame in _known(context, party):
            seen = known.setdefault(frame % modulus, [])
            if len(seen) < 2:
                seen.append(frame)
    return known


def _frames(context: Context, party: Party) -> Iterator[int]:
    """Some frames of a party, for each of its colors."""
    nr_colors = context.system.nr_colors or 1
    if party.domain is None:
        region = context.booted.xen_region
        intervals = [(region[0] // PAGE, region[1] // PAGE)] if region else [(0, nr_colors)]
    else:
        built = next((b for b in context.booted.built if b.domain.id == party.domain.id), None)
        if built and built.frames:
            for color in party.colors:
                yield from built.frames.first_of(color, 2)
            return
        intervals = [(i.start, i.end) for i in context.booted.memory_map if i.use is MapUse.COLOR_HEAP] or [
            (0, 2 * nr_colors)
        ]
    for start, end in intervals:
        for frame in range(start, min(end, start + 2 * nr_colors)):
            if frame % nr_colors in party.colors:
                yield frame
