"""Rules that report notes of the Xen model and problems of the readers, and add what to write instead."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.witnesses import NoteFigures
from colorcheck.rules.index import kinds_of
from colorcheck.rules.rule import Rule, Seen, on, seen
from colorcheck.rules.subjects import GEOMETRY
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import Note
from colorcheck.xen.notes.colors import ColorsCut, WaySizeDiffers

GEOMETRY_KINDS = (ColorsCut, WaySizeDiffers)


def from_notes(
    id: str,  # noqa: A002
    name: str,
    severity: Severity,
    documentation: str,
    help: str = "",  # noqa: A002
    *,
    bad: Example | None = None,
    good: Example | None = None,
    untestable: str = "",
) -> Rule:
    """A rule whose findings are the problems and notes of the kinds that it waits for in the list of rules, which names
    them; `help` is for those without their own.
    """
    kinds = kinds_of(id)

    def check(facts: Facts) -> Iterator[Finding]:
        return (from_seen(rule, facts, what, help) for what in seen(facts, *kinds))

    rule = Rule(id, name, severity, documentation, check, bad, good, kinds, untestable)
    return rule


def from_seen(rule: Rule, facts: Facts, what: Seen, help: str = "") -> Finding:  # noqa: A002
    """A finding with the text of a note or problem and its `help`, `related`, `fix` and `witness`; without a
    witness, the figures of the note serve as one.
    """
    return rule.finding(
        what.message + on(facts, what.releases),
        what.location,
        what.help or help,
        fix=what.fix,
        witness=_figures(what),
        about=(GEOMETRY,) if what.kind in GEOMETRY_KINDS else (what.domain,) if what.domain else (),
    )


def _figures(what: Seen) -> NoteFigures | None:
    """The figures of a note; None for a problem."""
    note = what.source
    return NoteFigures(note) if isinstance(note, Note) and note.figures else None
