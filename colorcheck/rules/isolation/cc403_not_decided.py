"""A theorem is undecided.

What it checks: whether each stated theorem was decided. An unknown one may be true or false.

Why it matters: "not decided" must not look like "fine". Usually a fact is missing: the index function of a cache that
no manual documents, the size of Xen's image, or the DRAM ranges of the board.

What it cannot see: whether the theorem is true.

Source: colorcheck's own promise: a run with anything unknown never exits with 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import alike, place
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each Xen under which theorems are open."""
    opened: dict[str, list[Theorem]] = {}
    for release, theorem in facts.theorems():
        if theorem.verdict is Verdict.UNKNOWN and not theorem.settle:  # CC517 reports what is open
            opened.setdefault(release, []).append(theorem)
    for theorems, releases in alike(
        opened.items(), lambda found: (found[0].id, tuple(dict.fromkeys(t.reason for t in found)))
    ):
        more = f", and {len(theorems) - 1} more" if len(theorems) > 1 else ""
        reasons = "; ".join(dict.fromkeys(theorem.reason for theorem in theorems if theorem.reason))
        yield RULE.finding(
            f"not decided: {theorems[0].statement}{more}{on(facts, releases)}",
            place(facts, facts.manifest.location("target.board")),
            reasons or "the solver gave no answer; give it more time",
            related=theorems[0].core,
        )


RULE = Rule(
    "CC403",
    "not-decided",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        board="rk3588", boot_arguments="llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"
    ),
    good=Example(),
)
