"""A theorem holds only because its assumptions contradict each other.

What it checks: whether anything at all meets the assumptions of a theorem. If nothing does, its verdict is vacuous.

Why it matters: anything follows from a contradiction, including "isolated". The assumptions come from the inputs and
from the board; one of them is wrong.

What it cannot see: which of the contradicting assumptions is the wrong one.

Source: colorcheck's own promise: a vacuous theorem is never reported as proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.rules.facts.release_results import alike, place, uncolored
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each vacuous theorem."""
    off = {release for release, _ in uncolored(facts)}
    failing = dict(_failing(facts))
    vacuous = (
        (release, theorem)
        for release, theorem in facts.theorems()
        if theorem.verdict is Verdict.VACUOUS and release not in off and not _fails(failing, release, theorem)
    )
    for theorem, releases in alike(vacuous, lambda theorem: (theorem.statement, theorem.reason)):
        yield RULE.finding(
            f"nothing satisfies the assumptions of: {theorem.statement}{on(facts, releases)}",
            place(facts, *(related.location for related in theorem.core), facts.manifest.location("target.board")),
            theorem.reason or "correct the value that contradicts the others",
            related=theorem.core,
        )


def _failing(facts: Facts) -> Iterator[tuple[str, frozenset[str] | None]]:
    """For each release, the domains that are never created, which have their own findings; None if Xen panics."""
    boots, systems = dict(facts.boots()), dict(facts.systems())
    for release in dict.fromkeys((*boots, *systems)):
        boot, system = boots.get(release), systems.get(release)
        failed = {built.domain.name for built in boot.built if not built.created} if boot else set()
        failed |= {domain.name for domain in system.domains if domain.failure} if system else set()
        yield release, None if (boot and boot.panic) or (system and system.panic) else frozenset(failed)


def _fails(failing: Mapping[str, frozenset[str] | None], release: str, theorem: Theorem) -> bool:
    failed = failing.get(release, frozenset())
    return failed is None or not failed.isdisjoint(theorem.subjects)


RULE = Rule(
    "CC404",
    "vacuous-theorem",
    Severity.WARNING,
    __doc__,
    check,
    untestable="contradictory inputs are rejected before anything is proved",
)
