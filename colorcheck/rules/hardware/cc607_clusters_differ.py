"""Another cluster's cache has fewer colors.

What it checks: on boards with several clusters, whether every last-level cache keeps as many colors apart as Xen
counts.

Why it matters: a cache with n colors sees color c as c mod n. Xen probes the boot CPU's cache only; on a cluster with
fewer sets two different colors may be the same. The proof takes that into account; colors chosen without regard to it
collide.

What it cannot see: on which cluster a domain runs, unless it is pinned.

Source: `get_llc_way_size` (xen/arch/arm/llc-coloring.c, 4.20), run on the boot CPU; the manuals of the cores.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import TheoremKind
from colorcheck.hardware.affinity import folds
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import alike, place
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts, ReleaseResult


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if colors fold and some pair is not proved isolated."""
    for result, releases in alike(((o.release, o) for o in facts.results if _matters(o)), _colors):
        nr_colors = _colors(result)
        if facts.board is None or not nr_colors:
            continue
        for group, modulus in folds(facts.board, nr_colors):
            if 0 in group.clusters:
                continue  # the cache that Xen probed: the geometry itself is wrong, which CC602 reports
            yield RULE.finding(
                f"the {group.label} keeps only {modulus} of Xen's {nr_colors} colors apart: there color c is "
                f"c mod {modulus}{on(facts, releases)}",
                place(facts, result.system.coloring_location if result.system else None),
                f"choose colors that differ modulo {modulus}, pin domains to clusters, or give Xen the smallest way "
                "with llc-size and llc-nr-ways",
            )


def _colors(result: ReleaseResult) -> int | None:
    return result.system.nr_colors if result.system and result.system.coloring else None


def _matters(result: ReleaseResult) -> bool:
    """Whether some pair of domains is not proved isolated."""
    return any(t.kind is TheoremKind.PAIR_SEPARATION and t.verdict is not Verdict.PROVED for t in result.theorems)


RULE = Rule(
    "CC607",
    "clusters-differ",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        board="rcar-h3",
        memory="<0x0 0x48000000 0x0 0x38000000>, <0x5 0x0 0x0 0x40000000>",
        kernel=Example().kernel.replace("1000000 {", "50000000 {").replace("0x1000000 0x0", "0x50000000 0x0"),
        xen_address=0x48200000,
        device_tree_address=0x48000000,
        boot_arguments="llc-coloring=on xen-llc-colors=0 dom0_mem=512M dom0-llc-colors=8-15",
    ),
    good=Example(board="zcu102"),
)
