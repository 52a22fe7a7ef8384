"""The model noticed something that no rule reports.

What it checks: that every kind of note of the Xen model has a rule.

Why it matters: silence would look like a clean deployment.

What it cannot see: what the model does not notice.

Source: colorcheck's own promise: everything noticed is reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.index import Kind
from colorcheck.rules.rule import Rule, notes, nothing, on, seen
from colorcheck.rules.words import always_says, says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import XenDefaultColors
from colorcheck.xen.notes.machine import FileSizeAssumed

always_says(XenDefaultColors, "Xen gets color 0 alone")


@says(FileSizeAssumed)
def _file_size_assumed(note: FileSizeAssumed) -> str:
    return note.problem.message


# Xen's color 0 is a default that isolates; assumed sizes are already reported as problems.
SILENT = (XenDefaultColors, FileSizeAssumed)


def untold(facts: Facts, taken: frozenset[Kind]) -> Iterator[Finding]:
    """A finding for each note of a class that no built-in rule reports; `taken` are the classes that one reports."""
    classes = dict.fromkeys(type(note) for _, note in notes(facts) if type(note) not in taken | set(SILENT))
    for what in seen(facts, *classes):
        yield RULE.finding(f"{what.message} ({what.source.kind}){on(facts, what.releases)}", what.location)


RULE = Rule(
    "CC902",
    "untold-note",
    Severity.WARNING,
    __doc__,
    nothing,
    untestable="the catch-all behind the rules for the known kinds of notes",
)
