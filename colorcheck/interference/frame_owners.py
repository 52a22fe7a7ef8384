"""Frame owners and their frames: with the colors of a boot, without coloring, or with given colors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from colorcheck.interference.experiment import FrameOwner, frame_owner
from colorcheck.xen.booted import Boot
from colorcheck.xen.memory.frame_run import FrameRun

ALIGNMENT = 512
"""In frames: an uncolored Xen prefers pieces of 2 MiB for the memory of a domain."""
XEN = "xen"


def owners_of(boot: Boot) -> tuple[FrameOwner, ...]:
    """Xen's image, then every domain that was created, each with exactly the frames that the boot gave it."""
    found = [frame_owner(XEN, boot.xen_frames)] if boot.xen_frames else []
    found += [FrameOwner(b.domain.name, b.frames, b.frames.count) for b in boot.built if b.created and b.frames]
    return tuple(found)


def uncolored(owners: Iterable[FrameOwner], first: int) -> tuple[FrameOwner, ...]:
    """The same frame owners without coloring: one contiguous piece each, one after the other from frame `first` on."""
    found = []
    for each in owners:
        found.append(frame_owner(each.name, (FrameRun(first, 1, each.pages),)))
        first += -(-each.pages // ALIGNMENT) * ALIGNMENT
    return tuple(found)


def with_colors(name: str, colors: Sequence[int], nr_colors: int, pages: int) -> FrameOwner:
    """A frame owner of that many pages that uses its colors in turn, from address 0 on."""
    rounds = -(-pages // len(colors))
    frames = islice((turn * nr_colors + color for turn in range(rounds) for color in colors), pages)
    return frame_owner(name, tuple(FrameRun(frame, 1, 1) for frame in frames))
