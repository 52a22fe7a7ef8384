"""The color map and the memory bars as lines of plain text, legible without terminal colors at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import size, size_of_pages
from colorcheck.report.view import ColorMap, ColorUser, MemoryRow

_NAME = 16  # columns for a name


class ColorMapLine(Struct, frozen=True):
    """One line of a color map: a label, the cells with what they are (own, shared, allowed, none), a remark."""

    label: str
    cells: tuple[tuple[str, str], ...]
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.label}{''.join(text for text, _ in self.cells)}{self.remark}".rstrip()


_GLYPHS = {"own": ("█", "#"), "shared": ("X", "X"), "allowed": ("s", "s"), "none": ("·", ".")}
LEGEND = {
    "own": "has this color",
    "shared": "shares it, against the policy",
    "allowed": "shares it, as the policy allows",
}


def glyph(what: str, unicode: bool) -> str:
    """The character of a cell in a color map."""
    return _GLYPHS[what][0 if unicode else 1]


def map_lines(drawn: ColorMap, width: int, unicode: bool = True) -> Iterator[ColorMapLine]:
    """The map, in several blocks where it has more colors than fit into `width` columns."""
    names = min(max((len(row.name) for row in drawn.rows), default=0), _NAME) + 2
    said = {row.name: remark(row, drawn.cache) for row in drawn.rows}
    longest = max(map(len, said.values()), default=0)
    remarks = longest + 2 if drawn.nr_colors * 2 + names + longest + 2 <= width else 0
    pitch = 2 if drawn.nr_colors * 2 + names + remarks <= width else 1
    block = drawn.nr_colors if drawn.nr_colors * pitch + names + remarks <= width else max((width - names) // 8 * 8, 8)
    for first in range(0, drawn.nr_colors, block):
        colors = range(first, min(first + block, drawn.nr_colors))
        yield from _header(colors, names, pitch)
        for row in drawn.rows:
            cells = tuple(_cell(row, color, pitch, unicode) for color in colors)
            yield ColorMapLine(short(row.name, _NAME).ljust(names), cells, f"  {said[row.name]}" if remarks else "")
    if not remarks:
        for row in drawn.rows:
            yield ColorMapLine(short(row.name, _NAME).ljust(names), ((said[row.name], "none"),))


def remark(row: ColorUser, cache: int | None) -> str:
    """The colors of a row and their share of the cache; if it has none, why."""
    if not row.colors:
        return row.source
    return f"{row.colors}  {size(len(row.colors) * cache)}" if cache else str(row.colors)


def _header(colors: range, indent: int, pitch: int) -> Iterator[ColorMapLine]:
    """Color numbers from top to bottom, one digit per line."""
    digits = len(str(colors[-1]))
    for place in range(digits):
        power = 10 ** (digits - 1 - place)
        shown = (_digit(color, power, first=color == colors[0]) for color in colors)
        yield ColorMapLine(" " * indent, tuple((text.ljust(pitch), "header") for text in shown))


def _digit(color: int, power: int, first: bool) -> str:
    """A digit of a color number; tens and hundreds only where they change."""
    if power == 1:
        return str(color % 10)
    if color < power:
        return " "
    return str(color // power % 10) if first or color % power == 0 else " "


def _cell(row: ColorUser, color: int, pitch: int, unicode: bool) -> tuple[str, str]:
    what = kind_of(row, color)
    return glyph(what, unicode).ljust(pitch), what


def kind_of(row: ColorUser, color: int) -> str:
    """What a cell of the map is: own, shared, allowed or none."""
    if color in row.shared:
        return "shared"
    if color in row.allowed:
        return "allowed"
    return "own" if color in row.colors else "none"


def kinds(drawn: ColorMap) -> tuple[str, ...]:
    """The kinds of cells in the map, for its legend."""
    present = {kind_of(row, color) for row in drawn.rows for color in row.colors}
    return tuple(kind for kind in LEGEND if kind in present)


def clash_lines(drawn: ColorMap) -> Iterator[tuple[str, str, ColorSet, str | None]]:
    """(first, second, colors, reason) for each pair that shares; those against the policy first."""
    for clash in sorted(drawn.clashes, key=lambda clash: clash.reason is not None):
        yield clash.first, clash.second, clash.colors, clash.reason


def bar(row: MemoryRow, width: int, unicode: bool = True) -> tuple[str, str, str]:
    """A domain's memory as (taken, left, missing): three bars of `width` columns in total."""
    full, empty, wanting = ("█", "░", "!") if unicode else ("#", "-", "!")
    whole = max(row.needed, row.free, 1)
    taken = round(min(row.needed, row.free) / whole * width)
    missing = min(max(round(row.missing / whole * width), 1 if row.missing else 0), width)
    taken = min(taken, width - missing)
    return full * taken, empty * (width - taken - missing), wanting * missing


def memory_text(row: MemoryRow) -> str:
    """`needs 1 GiB of 1.2 GiB`, and what is missing."""
    if not row.created and not row.needed:
        return "never created"
    if row.missing:
        needed, free = size_of_pages(row.needed), size_of_pages(row.free)
        return f"needs {needed}, its colors have {free}: {size_of_pages(row.missing)} missing"
    share = f", {row.needed / row.free:.0%}" if row.free else ""
    return f"{size_of_pages(row.needed)} of {size_of_pages(row.free)}{share}"


def short(name: str, width: int) -> str:
    """A name of at most `width` columns."""
    return name if len(name) <= width else name[: width - 1] + "…"
