"""Witnesses: two concrete frames of two owners, and the cache set in which a line of each meets."""

from __future__ import annotations

from itertools import islice

from colorcheck.xen.booted import Boot

XEN = "xen"


def colors_of(boot: Boot, owner: str) -> tuple[int, ...]:
    """The colors in which an owner (a domain's name or `xen`) has frames, ascending."""
    nr_colors = boot.system.nr_colors or 1
    if owner == XEN:
        return tuple(sorted({run.first % nr_colors for run in boot.xen_frames}))
    found = {c for built in boot.built if built.domain.name == owner for c, pages in built.pages_by_color if pages}
    return tuple(sorted(found))


def frames_of(boot: Boot, owner: str, color: int, count: int) -> tuple[int, ...]:
    """The first frames of an owner in one color, at most `count`."""
    if owner == XEN:
        nr_colors = boot.system.nr_colors or 1
        runs = (run.mfns() for run in boot.xen_frames if run.first % nr_colors == color)
        return tuple(islice((mfn for run in runs for mfn in run), count))
    for built in boot.built:
        if built.domain.name == owner and (found := built.frames.first_of(color, count)):
            return found
    return ()
