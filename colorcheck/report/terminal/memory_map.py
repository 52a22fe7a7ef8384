"""The memory of a boot for the terminal: to scale, then part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.units import PAGE, size_of_pages
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.memory_picture import WHAT, Picture, glyph, picture
from colorcheck.report.terminal.terminal import text, title
from colorcheck.xen.booted import Boot, Interval

if TYPE_CHECKING:
    from rich.console import RenderableType

_USES = {
    "xen": "bold magenta",
    "module": "yellow",
    "reserved": "red",
    "boot-allocation": "blue",
    "buddy": "bold white",
    "lost": "bold red",
    "color-heap": "green",
    "own": "bold cyan",
    "none": "dim",
}
_LISTED = 40  # parts that are listed individually
_ADDRESS = 16  # columns before the cells


def memory(boot: Boot, style: Style) -> Iterator[RenderableType]:
    """The picture, a legend with the total of each use, and the parts."""
    drawn = to_scale(boot, style)
    small = any(letter.islower() for row in drawn.rows if row for letter, _ in row.cells)
    hint = "; a lowercase letter: less than half of it" if small else ""
    yield from title(f"Memory to scale, a cell is {size_of_pages(drawn.scale)}{hint}")
    prepared = boot.system.preparation
    for bank in prepared.machine.banks if prepared else ():
        yield text(("bank  ", "dim"), f"{bank.start:#x}-{bank.end:#x}  ", (size_of_pages(bank.size // PAGE), "dim"))
    yield from rows(drawn)
    for use, what in WHAT.items():
        pages = sum(part.pages for part in boot.memory_map if part.use == use)
        if pages:
            yield text((f"{glyph(use, style.unicode)} ", _USES[use]), f"{size_of_pages(pages):>10}  ", (what, "dim"))
    yield text("")
    yield from _listed(boot.memory_map, style)


def to_scale(boot: Boot, style: Style) -> Picture:
    return picture(boot.memory_map, min(style.width, 160) - _ADDRESS, style.unicode)


def rows(drawn: Picture) -> Iterator[RenderableType]:
    """The rows with their addresses; a gap between addresses takes one line."""
    for row in drawn.rows:
        if row is None:
            yield text(("  (no memory)", "dim"))
            continue
        cells = [(character, _USES.get(use, "")) for character, use in row.cells]
        yield text((f"{row.address:#014x}  ", "dim"), *cells)


def _listed(parts: tuple[Interval, ...], style: Style) -> Iterator[RenderableType]:
    """The parts by address; only the largest if there are many."""
    few = style.verbose or len(parts) <= _LISTED
    shown = parts if few else sorted(sorted(parts, key=lambda part: -part.pages)[:_LISTED], key=lambda part: part.start)
    for part in shown:
        span = f"{part.start * PAGE:#014x} - {part.end * PAGE:#014x}"
        mark = (glyph(part.use, style.unicode), _USES.get(part.use, ""))
        yield text((f"{span}  ", "dim"), mark, f" {size_of_pages(part.pages):>10}  {printable(part.label or part.use)}")
    if len(shown) < len(parts):
        yield text((f"and {len(parts) - len(shown)} smaller parts (--verbose lists all)", "dim"))
