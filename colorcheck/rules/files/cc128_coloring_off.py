"""Cache coloring is off.

What it checks: whether anything switches coloring on: `llc-coloring=on`, or both `llc-size` and `llc-nr-ways`.

Why it matters: without it every domain can evict the lines of every other, whatever colors are written.

What it cannot see: a Xen built without CONFIG_LLC_COLORING, unless the manifest names its .config.

Source: `llc_coloring_init` (xen/common/llc-coloring.c, 4.20.4 to 4.22.0), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import place, releases, uncolored
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """One finding if coloring is off."""
    off = uncolored(facts)
    if off:
        yield RULE.finding(
            f"cache coloring is off: no domain is isolated from another{on(facts, releases(off))}",
            place(facts, off[0][1].coloring_location),
            "write llc-coloring=on among Xen's boot arguments",
            about=(SWITCH,),
        )


RULE = Rule(
    "CC128",
    "coloring-off",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="dom0_mem=1G"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
)
