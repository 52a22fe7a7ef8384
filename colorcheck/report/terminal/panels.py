"""Panels that several reports show: the color map, and the memory of each domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.units import size
from colorcheck.report import view
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import drawing
from colorcheck.report.terminal.terminal import indented, text, title
from colorcheck.verification.results import Facts

if TYPE_CHECKING:
    from rich.console import RenderableType

_CELLS = {"own": "green", "shared": "bold white on red", "allowed": "yellow", "none": "dim", "header": "dim"}


def color_map(drawn: view.ColorMap, style: Style, clashes: bool = True) -> Iterator[RenderableType]:
    """Who has which colors; sharing is visible with and without terminal colors.

    Pairs that share against the policy are listed only with `clashes`: a report with theorems lists them there.
    """
    yield from title(f"Colors (Xen {drawn.releases})")
    for line in drawing.map_lines(drawn, min(style.width, 160), style.unicode):
        cells = [(cell, _CELLS.get(kind, "")) for cell, kind in line.cells]
        yield text(printable(line.label), *cells, (line.remark, "dim"))
    legend = [f"{drawing.glyph(kind, style.unicode)} {drawing.LEGEND[kind]}" for kind in drawing.kinds(drawn)]
    if drawn.cache:
        legend.append(f"a color is {size(drawn.cache)} of the cache")
    if drawn.free:
        legend.append(f"free: {drawn.free}")
    if drawn.unstated:
        legend.append(f"free colors: not known, because no input states those of {', '.join(drawn.unstated)}")
    yield text(("   ".join(legend), "dim"))
    for first, second, colors, reason in drawing.clash_lines(drawn):
        noun = "color" if len(colors) == 1 else "colors"
        reported = f"{printable(first)} and {printable(second)} share {noun} {colors}"
        if reason is None and clashes:
            yield text(("✗ ", "bold red"), reported)
        elif reason is not None:
            yield text(("s ", "yellow"), reported, (f"  (allowed: {printable(reason)})", "dim"))


def memory(facts: Facts, style: Style) -> Iterator[RenderableType]:
    """Needed and available memory of each domain as bars, in the order of creation."""
    for releases, boot, rows in view.memory_panels(facts):
        yield from title(f"Memory of each domain's colors, in the order of creation (Xen {releases})")
        names = min(max(len(row.name) for row in rows), 16) + 2
        amounts = [drawing.memory_text(row) for row in rows]
        room = max(min(style.width - names - max(map(len, amounts)) - 2, 60), 10)
        for row, amount in zip(rows, amounts, strict=True):
            taken, left, missing = drawing.bar(row, room, style.unicode)
            label = printable(drawing.short(row.name, 16)).ljust(names)
            mood = "bold red" if row.missing else "cyan"
            yield text(label, (taken, mood), (left, "dim"), (missing, "bold red"), f"  {amount}")
            if row.failure and not row.created and (boot.panic is None or row.failure != boot.panic.message):
                yield indented(" " * names, text((printable(row.failure), "red")))
            for budget in row.budgets:
                yield indented(" " * names, text((budget, "dim")))
        if boot.panic is not None:
            yield indented("✗ ", text(f"Xen panics: {printable(boot.panic.message)}"), "bold red")
