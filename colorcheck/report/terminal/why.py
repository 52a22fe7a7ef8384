"""The text of `plan --why`: what would break, with source lines, and what would make room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.plan.answers import ColorsAnswer
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text, title

if TYPE_CHECKING:
    from rich.console import RenderableType


def render(answer: ColorsAnswer, style: Style) -> str:
    return printed(_parts(answer), style)


def _parts(answer: ColorsAnswer) -> Iterator[RenderableType]:
    reported = f"{printable(answer.name)} has {answer.colors}"
    if answer.broken:
        yield from title(f"If {reported} and nothing else changes")
    else:
        yield text(f"{reported}: nothing would break")
    for each in answer.broken:
        places = ", ".join(dict.fromkeys(str(place) for place in each.places if place.file))
        yield indented("- ", text(printable(each.text), (f"  {printable(places)}", "dim")))
    plan = answer.plan
    if plan.domains:
        noun = "line" if answer.lines == 1 else "lines"
        yield from title(f"If room is made for it ({answer.lines} {noun} to change)")
        for assigned in plan.domains:
            yield text(f"{printable(assigned.name):<12} {assigned.colors}")
        for name, own, best, unit in answer.compared:
            yield text(f"{name}: {own:g} {unit}".rstrip(), (f"  (the best plan: {best:g})", "dim"))
    elif plan.core:
        yield from title("No room can be made for it: these requirements conflict")
        for required in plan.core:
            yield indented("- ", text(printable(required.text), (f"  {printable(str(required.location))}", "dim")))
    elif plan.reason:
        yield text(printable(plan.reason))
