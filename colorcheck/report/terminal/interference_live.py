"""The live view of `interfere`: the sets of the last-level cache in their owners' colors, and the victim's latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.report.style import printable
from colorcheck.report.terminal.terminal import text

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

PAINTS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167), (240, 228, 66), (213, 94, 0), (0, 114, 178))
EMPTY_PAINT = (38, 38, 38)
COLUMNS, MOST_ROWS, CHART_ROWS = 64, 16, 6
OTHER_LINES = 4  # title, legend, the victim's misses and the keys
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class Frame(Struct, frozen=True):
    """One picture.

    `owners` has for each set the owners of the lines that it holds, one entry per line; `latencies` the worst run of
    the victim in each picture so far (None if no run ended), and whether coloring was on.
    """

    title: str
    coloring: str
    policy: str
    names: tuple[str, ...]
    victim: str
    owners: Sequence[Sequence[int]]
    rows: int
    ways: int
    latencies: Sequence[tuple[int | None, bool]]
    caused: int
    misses: int
    accesses: int
    hint: str = ""


def draw(frame: Frame, *, color: bool = True, height: int = OTHER_LINES + MOST_ROWS + CHART_ROWS) -> Group:
    """The picture for rich in `height` lines, each cut at the edge of the screen.

    Without colors, a cell shows the initial of its most frequent owner.
    """
    from rich.console import Group

    lines = list(_lines(frame, color, height))
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(*lines)


def _parted(frame: Frame, height: int) -> tuple[int, int]:
    """Lines of the map and of the chart: the map is halved while fewer than two lines are left for the chart."""
    rows = max(1, min(frame.rows, MOST_ROWS))
    while rows > 1 and height - OTHER_LINES - rows < 2:
        rows //= 2
    return rows, max(1, min(CHART_ROWS, height - OTHER_LINES - rows))


def _lines(frame: Frame, color: bool, height: int) -> Iterator[Text]:
    rows, chart_rows = _parted(frame, height)
    yield text((printable(frame.title), "bold"), "  ", (f" {frame.coloring} ", "reverse bold"), f"  {frame.policy}")
    legend: list[str | tuple[str, str]] = ["rows: colors, cells: sets   "]
    for number, name in enumerate(frame.names):
        mark = "██" if color else _initial(frame, number)
        legend += [(mark, _hex(PAINTS[number % len(PAINTS)])), f" {printable(name)}  "]
    yield text(*legend)
    yield from _map(frame, rows, color)
    share = f"{frame.caused / frame.misses:.0%}" if frame.misses else "none"
    yield text(
        (printable(frame.victim), "bold"),
        f": {frame.misses:,} misses of {frame.accesses:,} accesses, caused by others: {share}",
    )
    yield from _chart(frame.latencies, chart_rows)
    yield text((frame.hint, "dim"))


def _map(frame: Frame, rows: int, color: bool) -> Iterator[Text]:
    per_row = -(-len(frame.owners) // rows)
    columns = min(COLUMNS, per_row)
    for row in range(rows):
        cells: list[str | tuple[str, str]] = [(f"{row * frame.rows // rows:>3} ", "dim")]
        for column in range(columns):
            first = row * per_row + column * per_row // columns
            last = row * per_row + (column + 1) * per_row // columns
            found = [owner for owners in frame.owners[first:last] for owner in owners]
            _append(cells, _cell(frame, found, (last - first) * frame.ways, color))
        yield text(*cells)


def _append(cells: list[str | tuple[str, str]], cell: str | tuple[str, str]) -> None:
    """Append a cell, merged into the last one if both have the same paint: that keeps recordings small."""
    before = cells[-1]
    if isinstance(cell, tuple) and isinstance(before, tuple) and before[1] == cell[1]:
        cells[-1] = (before[0] + cell[0], cell[1])
    else:
        cells.append(cell)


def _cell(frame: Frame, found: list[int], lines: int, color: bool) -> str | tuple[str, str]:
    if not color:
        return _initial(frame, max(set(found), key=found.count)) if found else "."
    free = max(0, lines - len(found))
    paints = [(PAINTS[owner % len(PAINTS)], found.count(owner)) for owner in set(found)] + [(EMPTY_PAINT, free)]
    whole = max(1, sum(weight for _, weight in paints))
    # In quarters: visible enough, and equal neighbors stay one stretch.
    quarters = [(paint, round(4 * weight / whole)) for paint, weight in paints]
    parts = max(1, sum(weight for _, weight in quarters))
    mixed = tuple(sum(paint[n] * weight for paint, weight in quarters) // parts for n in range(3))
    return "█", _hex((mixed[0], mixed[1], mixed[2]))


def _initial(frame: Frame, number: int) -> str:
    return printable(frame.names[number])[:1] or "?"


def _hex(paint: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*paint)


def _chart(latencies: Sequence[tuple[int | None, bool]], rows: int) -> Iterator[Text]:
    """The newest pictures from left to right; the highest bar is the worst run so far."""
    top = max((cost for cost, _ in latencies if cost is not None), default=1) or 1
    newest = latencies[-COLUMNS:]
    for row in reversed(range(rows)):
        label = f"{top:>9,} " if row == rows - 1 else f"{0:>9,} " if row == 0 else " " * 10
        bars = [(_bar(cost, top, row, rows), "#56b4e9" if on else "#d55e00") for cost, on in newest]
        yield text((label, "dim"), *bars)


def _bar(cost: int | None, top: int, row: int, rows: int) -> str:
    if cost is None:
        return " "
    eighths = round(cost * rows * 8 / top) - 8 * row
    return _EIGHTHS[max(0, min(8, eighths))]
