"""Only one of llc-size and llc-nr-ways is given.

What it checks: that both geometry options are given and not zero, or none.

Why it matters: Xen uses them together or not at all. One alone is silently ignored: the cache is probed, and
coloring is not switched on by it.

What it cannot see: whether the two values describe the real cache; that is compared with the board.

Source: `llc_coloring_init` (xen/common/llc-coloring.c, 4.20.4 to 4.22.0), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import SWITCH
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import GeometryHalfGiven
from colorcheck.xen.options.options import BootArguments, Option
from colorcheck.xen.release.spelling import Concept


@says(GeometryHalfGiven)
def _geometry_half_given(note: GeometryHalfGiven) -> str:
    return f"{note.given} alone has no effect: Xen probes the cache unless llc-size and llc-nr-ways are both given"


_PARTNER = {Concept.LLC_SIZE: "llc-nr-ways", Concept.LLC_WAYS: "llc-size"}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding at the option that has no effect."""
    for option, read, releases in options(facts, _alone):
        assert option.spec is not None  # noqa: S101
        partner = _PARTNER[option.spec.concept]
        coloring = "" if read.llc_coloring else ", and coloring stays off"
        yield RULE.finding(
            f"{option.text} has no effect without {partner}: the cache is probed{coloring}{on(facts, releases)}",
            option.location,
            "write both, such as llc-size=1M llc-nr-ways=16, or only llc-coloring=on to let Xen probe the cache",
            about=() if read.llc_coloring else (SWITCH,),
        )


def _alone(option: Option, read: BootArguments) -> bool:
    if option.spec is None or option.spec.concept not in _PARTNER or not option.in_force or not option.stored:
        return False
    return not (read.llc_size and read.llc_nr_ways) and read.llc_coloring is not False


RULE = Rule(
    "CC106",
    "half-geometry",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on llc-size=1M xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    kinds=(GeometryHalfGiven,),
)
