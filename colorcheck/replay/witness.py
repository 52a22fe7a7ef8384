"""Witnesses: two concrete frames of two owners, and the cache set in which a line of each meets."""

from __future__ import annotations

from itertools import islice

from msgspec import Struct

from colorcheck.xen.booted import Boot

XEN = "xen"


class CacheLine(Struct, frozen=True):
    """A line of memory: its owner, frame, color and physical address."""

    owner: str
    mfn: int
    color: int
    address: int

    def to_dict(self) -> dict[str, object]:
        return {"owner": self.owner, "mfn": self.mfn, "color": self.color, "address": self.address}


class LineMeeting(Struct, frozen=True):
    """Two lines of two owners that fall into one set of the cache."""

    first: CacheLine
    second: CacheLine
    cache_set: int

    def to_dict(self) -> dict[str, object]:
        return {"first": self.first.to_dict(), "second": self.second.to_dict(), "set": self.cache_set}


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
