"""Xen and the cache do not agree on the colors.

What it checks: the way size that Xen computes, from `llc-size` and `llc-nr-ways` or from its probe, against the caches
of all clusters.

Why it matters: with too large a way, frames of different colors meet in one set and nothing is isolated. With too small
a one colors are isolated, but fewer than there could be. A way that is no whole number of pages, or no power of two,
makes Xen panic.

What it cannot see: whether the catalogue is right about the board.

Source: `llc_coloring_init` (xen/common/llc-coloring.c, 4.20 to 4.22), measured; the core's manual for the cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.diagnostic import Finding, Severity, Verdict
from colorcheck.results import Facts
from colorcheck.rules.example import Example
from colorcheck.rules.lookup import place
from colorcheck.rules.rule import Rule, on, seen
from colorcheck.rules.told import from_seen

KINDS = ("way-size-differs",)
THEOREM = "geometry"
_HELP = "leave llc-size and llc-nr-ways out and let Xen probe the cache (llc-coloring=on), or give the real ones"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each panic over the geometry, each refuted theorem about it, and each note."""
    panics: dict[str, list[str]] = {}
    for line, system in facts.systems():
        if system.panic and system.panic.kind == "geometry":
            panics.setdefault(system.panic.message, []).append(line)
    for message, lines in panics.items():
        where = next(system.coloring_location for _, system in facts.systems() if system.panic)
        yield RULE.finding(f'Xen panics: "{message}"{on(facts, lines)}', place(facts, where), _HELP)
    refuted = [
        (line, theorem)
        for line, theorem in facts.theorems()
        if theorem.kind == THEOREM and theorem.verdict is Verdict.REFUTED
    ]
    for line, theorem in refuted:
        yield RULE.finding(
            f"{theorem.reason or theorem.statement + ' is false'}{on(facts, (line,))}",
            place(facts, *(related.location for related in theorem.core)),
            _HELP,
            related=theorem.core,
            witness=theorem.witness,
        )
    if not refuted:
        yield from (from_seen(RULE, facts, what, _HELP) for what in seen(facts, *KINDS))


RULE = Rule(
    "CC602",
    "geometry",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-size=2M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-20"),
    good=Example(boot_arguments="llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    kinds=KINDS,
)
