"""The model noticed something that no rule tells.

What it checks: that every kind of note of the Xen model has a rule.

Why it matters: silence would look like a clean deployment.

What it cannot see: what the model does not notice.

Source: colorcheck's own promise: nothing noticed stays untold.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.rule import Rule, notes, on, seen
from colorcheck.verification.results import Facts

SILENT = ("xen-default-colors",)  # Xen's color 0 is a default that isolates


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each note of a kind that no built-in rule takes up."""
    from colorcheck.rules import RULES

    known = {kind for rule in RULES for kind in rule.kinds} | set(SILENT)
    untold = dict.fromkeys(note.kind for _, note in notes(facts) if note.kind not in known)
    for what in seen(facts, *untold):
        yield RULE.finding(f"{what.message} ({what.kind}){on(facts, what.releases)}", what.location)


RULE = Rule(
    "CC902",
    "untold-note",
    Severity.WARNING,
    __doc__,
    check,
    untestable="the net below the rules that know the kinds of notes",
)
