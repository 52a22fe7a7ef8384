"""Memory figures that several rules report: what is available, what is missing, what runs out first."""

from __future__ import annotations

from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.kinds import MapUse

LOWEST = "lowest region"  # how the memory map labels the lowest boot region


def available(built: Built) -> int:
    """Frames that the distinct colors of a domain had left when it was built."""
    colors = set(built.domain.colors)
    return sum(pages for color, pages in enumerate(built.free_before) if color in colors)


def missing(built: Built) -> int:
    """Frames that a domain lacks; 0 if it fits."""
    return max(0, built.domain.needed_pages - available(built))


def runs_out_first(built: Built) -> int:
    """The color whose list is empty first: one that was empty before, else the first in the domain's order. Every
    request takes from the fullest list, so all lists come down to one frame before the first of them is empty."""
    colors = [color for color in dict.fromkeys(built.domain.colors) if color < len(built.free_before)]
    return next((color for color in colors if not built.free_before[color]), colors[0] if colors else 0)


def last_frame(built: Built, color: int) -> int | None:
    """The machine frame number of the last frame of a color that the domain got; None if it got none."""
    runs = [run for allocation in built.frames.allocations for run in allocation.column(color) if run.count]
    return runs[-1].last if runs else None


def swallowed(boot: Boot) -> tuple[int, int] | None:
    """(first frame, frames) of the lowest boot region, all of which goes to the buddy heap; None if unknown."""
    found = next((i for i in boot.memory_map if i.use is MapUse.BUDDY and i.label == LOWEST), None)
    return (found.start, found.pages) if found else None
