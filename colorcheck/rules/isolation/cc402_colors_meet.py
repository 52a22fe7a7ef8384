"""Frames of two different colors meet in one set of the cache.

What it checks: over all physical addresses of the board's DRAM, whether frames of two different colors can fall into
one set of a cache that the domains share. The number of colors is the one that Xen uses, the index function that of
the board.

Why it matters: if they can meet, disjoint colors isolate nothing. It happens where `llc-size` and `llc-nr-ways` do not
describe the real cache, where another cluster's cache has fewer sets, or where the cache hashes its index.

What it cannot see: caches whose index function is not known; these are reported as not decided, never as proved.

Source: the board's cache geometry, with the manual named in `colorcheck board show`; color = frame number mod number of
colors (xen/common/llc-coloring.c, `mfn_to_color`, 4.20.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import TheoremKind
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import alike, place
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import GEOMETRY
from colorcheck.verification.results import Facts

KIND = TheoremKind.SET_SEPARATION


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each cache whose sets frames of two colors can share."""
    refuted = (
        (result.release, (theorem, result.system))
        for result in facts.results
        for theorem in result.theorems
        if theorem.kind == KIND and theorem.verdict is Verdict.REFUTED and result.system
    )
    for (theorem, system), releases in alike(refuted, lambda pair: (pair[0].subjects, pair[1].nr_colors)):
        yield RULE.finding(
            f"with {system.nr_colors} colors, frames of different colors meet in one set of the {theorem.subjects[0]}"
            f"{on(facts, releases)}",
            place(facts, system.coloring_location),
            "let Xen probe the cache, or give llc-size and llc-nr-ways of the smallest way of any cluster",
            related=theorem.core,
            witness=theorem.witness,
            about=(GEOMETRY,),
        )


RULE = Rule(
    "CC402",
    "colors-meet",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        boot_arguments="llc-coloring=on llc-size=2M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-20"
    ),
    good=Example(
        boot_arguments="llc-coloring=on llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"
    ),
)
