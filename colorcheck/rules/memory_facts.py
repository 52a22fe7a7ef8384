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
    free = sorted(
        ((built.free_before[c], -c) for c in unused_colors(boot.system) if c < len(built.free_before)), reverse=True
    )
    gained, taken = 0, []
    for pages, color in free:
        gained += pages
        taken.append(-color)
        if gained >= lack:
            noun = "color" if len(taken) == 1 else "colors"
            yield f"give it {len(taken)} more {noun} that nobody has ({ColorSet.of(taken)})"
            break
    if built.domain.pages > lack:
        yield f"take {size(lack)} off its memory"
    colors = len(set(built.domain.colors)) or 1
    reserve = -(-lack * (boot.system.nr_colors or 1) // colors)
    left = boot.buddy_reserved_pages - reserve
    if left >= SMALLEST_RESERVE:
        yield f"lower buddy-alloc-size to {left // MIB}M"


def swallowed(boot: Boot) -> tuple[int, int] | None:
    """(first frame, frames) of the lowest boot region, all of which goes to the buddy heap; None if unknown."""
    found = next((i for i in boot.memory_map if i.use == "buddy" and i.label == LOWEST), None)
    return (found.start, found.pages) if found else None
