"""Figures of memory that several rules tell: what is missing, and which changes would be enough."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.colors import ColorSet
from colorcheck.xen.system import Boot, Built, System

PAGE = 4096
MIB = 256  # pages
LOWEST = "lowest region"  # how the memory map labels the lowest boot region
SMALLEST_RESERVE = 16 * MIB  # what colorcheck proposes at least for the buddy heap


def size(pages: int) -> str:
    """Frames as MiB, rounded up; below 1 MiB as KiB."""
    return f"{-(-pages // MIB)} MiB" if pages >= MIB else f"{pages * 4} KiB"


def available(built: Built) -> int:
    """Frames that the distinct colors of a domain had left when it was built."""
    colors = set(built.domain.colors)
    return sum(pages for color, pages in enumerate(built.free_before) if color in colors)


def missing(built: Built) -> int:
    """Frames that a domain lacks; 0 where it fits."""
    return max(0, built.domain.needed_pages - available(built))


def unused_colors(system: System) -> ColorSet:
    """Colors that neither Xen nor any domain has."""
    used = ColorSet.of(system.xen_colors)
    for domain in system.domains:
        used |= ColorSet.of(domain.colors)
    return ColorSet.all(system.nr_colors or 0) - used


def repairs(boot: Boot, built: Built) -> Iterator[str]:
    """The smallest single changes by which the domain would fit, in words."""
    lack = missing(built)
    more = _enough(unused_colors(boot.system), built.free_before, lack)
    if more:
        noun = "color" if len(more) == 1 else "colors"
        yield f"give it {len(more)} more {noun} that nobody has ({ColorSet.of(more)})"
    if built.domain.pages > lack:
        yield f"take {size(lack)} off its memory"
    colors = len(set(built.domain.colors)) or 1
    reserve = -(-lack * (boot.system.nr_colors or 1) // colors)
    left = boot.buddy_reserved_pages - reserve
    if left >= SMALLEST_RESERVE:
        yield f"lower buddy-alloc-size to {left // MIB}M"


def _enough(colors: ColorSet, free: tuple[int, ...], lack: int) -> tuple[int, ...]:
    """The fewest colors that have so many frames, neighbors where possible; none where all together have not."""
    usable = [color for color in colors if color < len(free)]
    fullest = sorted(usable, key=lambda color: -free[color])
    count = next((n for n in range(1, len(fullest) + 1) if sum(free[c] for c in fullest[:n]) >= lack), 0)
    windows = (usable[at : at + count] for at in range(len(usable) - count + 1) if count)
    return tuple(next((window for window in windows if sum(free[c] for c in window) >= lack), fullest[:count]))


def swallowed(boot: Boot) -> tuple[int, int] | None:
    """(first frame, frames) of the lowest boot region, all of which goes to the buddy heap; None if unknown."""
    found = next((i for i in boot.memory_map if i.use == "buddy" and i.label == LOWEST), None)
    return (found.start, found.pages) if found else None
