"""The region to which Xen moves with coloring on, and the frames of it that hold Xen.

Source: `get_xen_paddr`, `consider_modules`, `xen_colored_map_size`, `xen_colored_mfn` (xen/arch/arm, 4.20–4.22).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.units import MIB, PAGE
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.memory.frame_run import FrameRun

ALIGNMENT = 2 * MIB


def region_size(image_size: int, nr_colors: int) -> int:
    """Bytes that the colored image spans, whatever Xen's colors: each image page may take `nr_colors` frames."""
    return -(-image_size * nr_colors // ALIGNMENT) * ALIGNMENT


def obstacles(machine: Machine, size: int) -> list[Span]:
    """The spans that the region must avoid. Xen's old location is treated as if it had the size of the new region."""
    found = []
    for module in machine.modules:
        end = module.start + size if module.kind is ModuleKind.XEN else module.end
        found.append((module.start, end))
    return found + [held.span for held in (*machine.reserved, *machine.shared)]


def place(machine: Machine, nr_colors: int) -> Span | None:
    """The region that Xen moves to, in bytes: the highest aligned gap of all banks. None if there is no gap.

    A gap at address 0 is not seen (`s > paddr`).
    """
    size = region_size(machine.image_size, nr_colors)
    blocked = obstacles(machine, size)
    ends = (_highest_gap(bank, blocked, size) for bank in machine.spans)
    best = max((end - size for end in ends if end is not None), default=0)
    return (best, best + size) if best > 0 else None


def _highest_gap(bank: Span, blocked: Iterable[Span], size: int) -> int | None:
    """The end of the highest aligned gap of `size` bytes in a bank."""
    gap_end = bank[1]
    for start, end in (*sorted(blocked, key=lambda span: span[1], reverse=True), (bank[0], bank[0])):
        if start >= bank[1] or end < bank[0]:
            continue
        low = -(-max(end, bank[0]) // ALIGNMENT) * ALIGNMENT
        high = gap_end // ALIGNMENT * ALIGNMENT
        if high - low >= size:
            return high
        gap_end = min(gap_end, start)
    return None


def used_colors(colors: Sequence[int]) -> tuple[int, ...]:
    """The colors that Xen's image really gets:

    Xen walks its list upwards, so colors that do not ascend are never used.
    """
    found: list[int] = []
    for color in colors:
        if not found or color > found[-1]:
            found.append(color)
    return tuple(found)


def image_frames(region_start: int, image_size: int, nr_colors: int, colors: Sequence[int]) -> tuple[FrameRun, ...]:
    """The frames that hold Xen's image: one run for each color that it uses. `region_start` in bytes."""
    used = used_colors(colors)
    first = region_start // PAGE
    pages = -(-image_size // PAGE)
    order = sorted((color - first) % nr_colors for color in used)
    full, rest = divmod(pages, len(order))
    runs = [FrameRun(first + offset, nr_colors, full + (turn < rest)) for turn, offset in enumerate(order)]
    return tuple(run for run in runs if run.count)
