"""The memory of a boot to scale: rows of cells, each with the same number of frames."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.xen.booted import Interval
from colorcheck.xen.machine.intervals import Span, merged

_ROWS = 12  # the maximum; cells are enlarged until it suffices
_SMALLEST = 16  # the minimum of frames per cell
WHAT = {
    "xen": "Xen's region",
    "module": "boot module",
    "reserved": "reserved",
    "boot-allocation": "frame table and page tables",
    "buddy": "buddy heap, uncolored",
    "lost": "lost",
    "color-heap": "color heap",
}
"""The uses of memory in words. A cell with several uses shows the first of these."""

_LETTERS = {"xen": "X", "module": "M", "reserved": "R", "boot-allocation": "T", "buddy": "B", "lost": "L"}
_SHADES = {True: "░▒▓█", False: "-+%#"}


class MapLine(Struct, frozen=True):
    """One line: the address of its first cell in bytes, and its cells, each a character and the use it represents."""

    address: int
    cells: tuple[tuple[str, str], ...]


class Picture(Struct, frozen=True):
    """Rows of cells of `scale` frames each; None for a stretch of rows without memory."""

    scale: int
    rows: tuple[MapLine | None, ...]

    def spans(self) -> list[Span]:
        """The frames [start, end) of every cell, row by row."""
        starts = [row.address // PAGE + n * self.scale for row in self.rows if row for n in range(len(row.cells))]
        return [(start, start + self.scale) for start in starts]


def glyph(use: str, unicode: bool) -> str:
    """The character of a cell that one use fills."""
    return _LETTERS.get(use) or ("░" if unicode else ".")


def picture(parts: Sequence[Interval], width: int, unicode: bool = True) -> Picture:
    """The memory map in rows of at most `width` cells.

    A lowercase letter marks a use that fills less than half of its cell.
    """
    memory = merged((part.start, part.end) for part in parts)
    cells = 1 << (max(width, 8).bit_length() - 1)
    scale = _SMALLEST
    while len(numbers := _rows(memory, scale * cells)) > _ROWS:
        scale *= 2
    held = _held(parts, scale)
    rows: list[MapLine | None] = []
    for number in numbers:
        if rows and rows[-1] and rows[-1].address != (number - 1) * cells * scale * PAGE:
            rows.append(None)
        first = number * cells
        rows.append(
            MapLine(first * scale * PAGE, tuple(_cell(held.get(first + n, {}), scale, unicode) for n in range(cells)))
        )
    return Picture(scale, tuple(rows))


def shares(drawn: Picture, counted: Sequence[int], unicode: bool = True) -> Picture:
    """The same rows, shaded by the share of `counted` frames in each cell; `counted` has one number per cell."""
    counts, shades = iter(counted), _SHADES[unicode]
    rows: list[MapLine | None] = []
    for row in drawn.rows:
        cells = []
        for _, use in row.cells if row else ():
            level = min(next(counts) * len(shades) / drawn.scale, len(shades))
            shade = shades[max(int(level) - 1, 0)] if level else ("·" if unicode else ".") if use else " "
            cells.append((shade, "own" if level else "none"))
        rows.append(MapLine(row.address, tuple(cells)) if row else None)
    return Picture(drawn.scale, tuple(rows))


def _rows(memory: Sequence[Span], size: int) -> list[int]:
    """The numbers of the rows, of `size` frames each, that contain memory."""
    found: list[int] = []
    for start, end in memory:
        first = max(start // size, found[-1] + 1 if found else 0)
        found += range(first, min(-(-end // size), first + _ROWS + 1))
        if len(found) > _ROWS:
            break
    return found


def _held(parts: Sequence[Interval], scale: int) -> dict[int, dict[str, int]]:
    """For each cell by its number, the frames of each use in it."""
    held: dict[int, dict[str, int]] = {}
    for part in parts:
        for number in range(part.start // scale, -(-part.end // scale)):
            cell = held.setdefault(number, {})
            frames = min(part.end, (number + 1) * scale) - max(part.start, number * scale)
            cell[part.use] = cell.get(part.use, 0) + frames
    return held


def _cell(held: dict[str, int], scale: int, unicode: bool) -> tuple[str, str]:
    use = next((use for use in WHAT if held.get(use)), "")
    if not use:
        return " ", ""
    shown = glyph(use, unicode)
    return (shown.lower() if held[use] * 2 < scale else shown), use
