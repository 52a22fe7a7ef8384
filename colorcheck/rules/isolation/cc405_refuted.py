"""A theorem is refuted.

What it checks: every theorem without its own rule, such as that the allocator keeps its invariant and that Xen finds
its place. Those about shared colors and about memory have their own rules; if no boot is modelled (for a fork), memory
that no version of Xen could provide is reported here.

Why it matters: a refuted theorem is a counterexample: the deployment, or colorcheck's model of it, is wrong.

What it cannot see: whether the board behaves as its description says.

Source: the theorem's own statement and assumptions, which the report lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.rules.facts.release_results import alike, place
from colorcheck.rules.isolation.cc401_shared_colors import KIND as PAIR
from colorcheck.rules.isolation.cc402_colors_meet import KIND as SETS
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts

ELSEWHERE = (PAIR, SETS)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each refuted theorem that no other rule reports."""
    booted = {release for release, _ in facts.boots()}
    stopped = {release for release, boot in facts.boots() if boot.panic}
    refuted = (
        (release, theorem)
        for release, theorem in facts.theorems()
        if release not in stopped
        and theorem.verdict is Verdict.REFUTED
        and theorem.kind not in ELSEWHERE
        and ("memory" not in theorem.kind or release not in booted)
    )
    for theorem, releases in alike(refuted, lambda theorem: (theorem.statement, theorem.reason)):
        yield RULE.finding(
            f"refuted: {theorem.statement}{on(facts, releases)}",
            place(facts, *(related.location for related in theorem.core)),
            theorem.reason,
            related=theorem.core,
            witness=theorem.witness,
        )


RULE = Rule(
    "CC405",
    "refuted-theorem",
    Severity.ERROR,
    __doc__,
    check,
    untestable="no deployment is known that refutes only one of these theorems",
)
