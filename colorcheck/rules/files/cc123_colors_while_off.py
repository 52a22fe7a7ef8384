"""A domain has colors while coloring is off.

What it checks: `llc-colors` in the nodes of domains while nothing switches coloring on.

Why it matters: Xen panics: "'llc-colors' found, but LLC coloring is disabled". The Xilinx forks only warn.

What it cannot see: nothing; the files alone determine this.

Source: `llc_coloring_set_domu` callers (xen/arch/arm/dom0less-build.c, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.notes.colors import ColoringOffButColors


@says(ColoringOffButColors)
def _coloring_off(note: ColoringOffButColors) -> str:
    if note.owner is DomainKind.XL:
        return f"the llc_colors of {note.domain} have no effect: coloring is off"
    if note.owner is DomainKind.DOM0LESS:
        return f"{note.domain} has llc-colors, but coloring is off: Xen panics"
    return f"{note.option} has no effect: coloring is off"


KINDS = (ColoringOffButColors,)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain's list; those of Xen and dom0 have no effect, which CC128 reports."""
    for what in seen(facts, *KINDS):
        if what.domain not in ("", "xen", "dom0"):
            yield from_seen(RULE, facts, what, "write llc-coloring=on among Xen's boot arguments, or delete the colors")


RULE = Rule(
    "CC123",
    "colors-while-off",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="dom0_mem=1G", chosen=DOMAIN.format(more="cpus = <1>;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
    kinds=KINDS,
)
