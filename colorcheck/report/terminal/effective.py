"""The text of `effective`: who gets which colors, where they come from, and what is misleading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.colors import ColorSet
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.panels import color_map
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.report.view import color_maps
from colorcheck.verification.results import Modelled, ReleaseResult
from colorcheck.xen.kinds import Note
from colorcheck.xen.system import Domain, System

if TYPE_CHECKING:
    from rich.console import RenderableType

_SOURCES = {
    "given": "as given",
    "default": "not specified (default)",
    "inherited": "inherited from the domain before it",
    "remains-of-a-rejected-list": "the part of a rejected list that Xen kept",
}


def render(verification: Modelled, style: Style) -> str:
    """One section for each release, then the color maps."""
    return printed(_parts(verification, style), style)


def _parts(verification: Modelled, style: Style) -> Iterator[RenderableType]:
    board = verification.facts.board
    yield text(("board  ", "dim"), printable(board.title if board else "unknown"))
    for result in verification.facts.results:
        reasons = [entry.reason for entry in verification.skipped if entry.release in ("", result.release)]
        yield from _result(result, reasons)
    for drawn in color_maps(verification.facts):
        yield from color_map(drawn, style)


def _result(result: ReleaseResult, reasons: list[str]) -> Iterator[RenderableType]:
    system = result.system
    if system is None:
        yield from title(f"Xen {result.release}: its behavior cannot be determined")
        yield from (indented("? ", text(printable(reason))) for reason in dict.fromkeys(reasons))
        return
    state = f"on, {system.nr_colors} colors" if system.coloring else "off"
    yield from title(f"Xen {result.release}: coloring is {state}")
    if system.panic:
        yield indented("✗ ", text(f"Xen panics: {printable(system.panic.message)}"), "bold red")
    if system.coloring:
        yield _owner("xen", system.xen_colors, str(system.xen_source), str(system.xen_location))
        for domain in system.domains:
            yield from _domain(domain)
    yield from _notes(system)


def _owner(name: str, colors: tuple[int, ...], source: str, place: str) -> RenderableType:
    shown = str(ColorSet.of(colors)) or "no color at all"
    return indented(
        f"{name:<12} ", text((shown, "bold"), (f"  {_SOURCES.get(source, source)}, {printable(place)}", "dim"))
    )


def _domain(domain: Domain) -> Iterator[RenderableType]:
    yield _owner(printable(domain.name), domain.colors, str(domain.source), str(domain.location))
    if domain.failure:
        yield indented(" " * 13, text((printable(domain.failure.message), "red")))


def _notes(system: System) -> Iterator[RenderableType]:
    from colorcheck.rules import said

    notes: tuple[Note, ...] = tuple(dict.fromkeys(system.notes))
    if notes:
        yield text(("not what it may seem", "dim"))
    for note in notes:
        who = f"{printable(note.domain)}: " if note.domain else ""
        yield indented("- ", text(f"{who}{printable(said(note))}", (f"  {printable(str(note.location))}", "dim")))
