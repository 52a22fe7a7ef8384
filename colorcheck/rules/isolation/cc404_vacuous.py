"""A theorem holds only because its assumptions contradict each other.

What it checks: whether anything at all meets the assumptions of a theorem. If nothing does, its verdict is vacuous.

Why it matters: from a contradiction everything follows, "isolated" too. The assumptions come from the inputs and from
the board; one of them is wrong.

What it cannot see: which of the contradicting assumptions is the wrong one.

Source: colorcheck's own promise: a vacuous theorem is never reported as proved.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.rules.facts.release_results import alike, place, uncolored
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each vacuous theorem."""
    off = {release for release, _ in uncolored(facts)}
    vacuous = (
        (release, theorem)
        for release, theorem in facts.theorems()
        if theorem.verdict is Verdict.VACUOUS and release not in off and not _fails(facts, release, theorem)
    )
    for theorem, releases in alike(vacuous, lambda theorem: (theorem.statement, theorem.reason)):
        yield RULE.finding(
            f"nothing meets the assumptions of: {theorem.statement}{on(facts, releases)}",
            place(facts, *(related.location for related in theorem.core), facts.manifest.location("target.board")),
            theorem.reason or "correct the value that contradicts the others",
            related=theorem.core,
        )


def _fails(facts: Facts, release: str, theorem: Theorem) -> bool:
    """Whether the theorem is about a domain that is never created, which has findings of its own."""
    boots = [boot for boot_line, boot in facts.boots() if boot_line == release]
    systems = [system for system_line, system in facts.systems() if system_line == release]
    failed = {built.domain.name for boot in boots for built in boot.built if not built.created}
    failed |= {domain.name for system in systems for domain in system.domains if domain.failure}
    panics = [boot.panic for boot in boots] + [system.panic for system in systems]
    return bool(failed.intersection(theorem.subjects)) or any(panics)


RULE = Rule(
    "CC404",
    "vacuous-theorem",
    Severity.WARNING,
    __doc__,
    check,
    untestable="inputs that contradict each other are refused before anything is proved",
)
