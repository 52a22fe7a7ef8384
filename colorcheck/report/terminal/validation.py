"""The result of a validation as text: a table by kind and area, then each difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.documents.validation import CaseStanding, Validation
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.report.view import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

_LONGEST = 600  # characters shown of a difference


def render(validation: Validation, style: Style) -> str:
    """The whole report, ending with a newline."""
    return printed(_parts(validation), style)


def _parts(validation: Validation) -> Iterator[RenderableType]:
    differ, known = validation.count(CaseStanding.DIFFERS), validation.count(CaseStanding.KNOWN)
    agree = validation.count(CaseStanding.AGREES)
    word, mood = ("AGREES", "bold green") if agree else ("NOTHING", "bold yellow")
    word, mood = ("DIFFERS", "bold red") if differ else (word, mood)
    shown = [f"{agree} of {counted(len(validation.cases), 'measured case')} agree"]
    shown += [f"{known} with a known difference"] * bool(known) + [f"{differ} differ"] * bool(differ)
    yield text((f" {word} ", f"{mood} reverse"), "  ", (", ".join(shown), "bold"))
    tool, environment = validation.tool, validation.environment
    where = " · ".join(f"{key} {value}" for key, value in environment.items())
    yield text((printable(f"colorcheck {tool['version']} ({str(tool['sha256'])[:12]}) · {where}"), "dim"))
    if validation.every > 1:
        yield text((f"only one case in {validation.every} of each kind", "bold yellow"))
    yield from title("Cases")
    for (kind, area), row in validation.counts().items():
        bad, noted = row[CaseStanding.DIFFERS], row[CaseStanding.KNOWN]
        more = f", {noted} known" * bool(noted) + f", {bad} DIFFER" * bool(bad)
        yield text((f"{kind:<10}{area:<22}", ""), f"{row[CaseStanding.AGREES]:>5} agree{more}")
    for standing, heading in ((CaseStanding.DIFFERS, "Differences"), (CaseStanding.KNOWN, "Known differences")):
        found = [case for case in validation.cases if case.standing is standing]
        if found:
            yield from title(heading)
        for case in found:
            label = f"{case.kind} {case.name}: "
            yield indented(label, text(printable(case.note or case.difference[:_LONGEST])), "bold")
