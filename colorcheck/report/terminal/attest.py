"""The text of `attest`: the verdict, then every comparison; differences with both values and the place in the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.evidence.attest import Attestation, Attested, LogCheck
from colorcheck.report.marks import HEADLINES, SIGNS, STYLES, Mood
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text
from colorcheck.report.view import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOODS = {
    Attestation.ATTESTED: Mood.GOOD,
    Attestation.DIFFERS: Mood.BAD,
    Attestation.PARTLY: Mood.OPEN,
    Attestation.TOO_LITTLE: Mood.OPEN,
}
_AGREES = {True: Mood.GOOD, False: Mood.BAD, None: Mood.OPEN}
_LONG = 60  # the longest value that is shown if it agrees, in characters


def render(attested: Attested, log: str, release: str, style: Style) -> str:
    """The whole comparison of one log with the model of one release."""
    return printed(_parts(attested, log, release, style), style)


def _parts(attested: Attested, log: str, release: str, style: Style) -> Iterator[RenderableType]:
    word = str(attested.verdict).replace("-", " ").upper()
    yield indented(
        f" {word} ", text(("  " + printable(attested.reason), "bold")), f"{HEADLINES[_MOODS[attested.verdict]]} reverse"
    )
    yield text((f"{printable(log)} against the model of Xen {release}", "dim"))
    yield text("")
    yield from rows(attested.checks, style)
    if attested.unsaid:
        yield indented("not compared: ", text((", ".join(attested.unsaid), "dim")), "dim")


def rows(found: tuple[LogCheck, ...], style: Style) -> Iterator[RenderableType]:
    """Every comparison, differences first, and their number."""
    checks = sorted(found, key=lambda check: check.agrees is not False)
    width = max((len(check.subject) for check in checks), default=0) + 2
    for check in checks:
        yield from _row(check, width, style)
    agreed = sum(check.agrees is True for check in checks)
    differing = sum(check.agrees is False for check in checks)
    yield text("")
    yield text((f"{counted(len(checks), 'comparison')}: {agreed} agree, {differing} differ", "dim"))


def _row(check: LogCheck, width: int, style: Style) -> Iterator[RenderableType]:
    mark, mood = SIGNS[_AGREES[check.agrees]], STYLES[_AGREES[check.agrees]]
    label = f"{mark} {printable(check.subject):<{width}}"
    if check.agrees:
        shown = printable(check.expected)
        short = shown if style.verbose or len(shown) <= _LONG else shown[: _LONG - 1] + "…"
        yield indented(label, text(short), mood)
        return
    yield indented(label, text(("model  ", "dim"), printable(check.expected)), mood)
    blank = " " * (width + 2)
    yield indented(blank, text(("log    ", "dim"), (printable(check.found), mood)))
    yield indented(blank, text((f"       {printable(style.place(check.location))}", "dim")))
