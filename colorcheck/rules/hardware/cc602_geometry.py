"""The way size that Xen uses is not the cache's.

What it checks: the way size that Xen computes from `llc-size` and `llc-nr-ways` against the cache of the board, and
whether Xen accepts it at all: it must be a whole number of pages, and their number must be a power of two.

Why it matters: Xen panics if it cannot accept the way size. With a way smaller than the cache's, colors isolate,
but there are fewer than there could be. With a larger one they do not isolate, for which there is a separate rule.

What it cannot see: whether the catalogue is right about the board.

Source: `llc_coloring_init` (xen/common/llc-coloring.c, 4.20 to 4.22), measured; the core's manual for the cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.source import Location
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.isolation.cc402_colors_meet import KIND as SETS
from colorcheck.rules.rule import Rule, on, seen
from colorcheck.rules.subjects import GEOMETRY
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import FailureKind
from colorcheck.xen.notes.colors import WaySizeDiffers


@says(WaySizeDiffers)
def _way_size_differs(note: WaySizeDiffers) -> str:
    return f"the options give a way of {note.given:#x} bytes, the cache that Xen would probe has {note.probed:#x}"


KINDS = (WaySizeDiffers,)
_HELP = "omit llc-size and llc-nr-ways so that Xen probes the cache (llc-coloring=on), or give the real values"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each panic over the geometry, and for a differing way size that has no worse consequence."""
    panics: dict[tuple[str, Location], list[str]] = {}
    for release, system in facts.systems():
        if system.panic and system.panic.kind is FailureKind.GEOMETRY:
            panics.setdefault((system.panic.message, system.coloring_location), []).append(release)
    for (message, where), releases in panics.items():
        yield RULE.finding(
            f'Xen panics: "{message}"{on(facts, releases)}',
            place(facts, where),
            _HELP,
            severity=Severity.ERROR,
            about=(GEOMETRY,),
        )
    worse = any(theorem.kind == SETS and theorem.verdict is Verdict.REFUTED for _, theorem in facts.theorems())
    if not panics and not worse:
        yield from (from_seen(RULE, facts, what, _HELP) for what in seen(facts, *KINDS))


RULE = Rule(
    "CC602",
    "geometry",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-size=512K llc-nr-ways=16 xen-llc-colors=0 dom0_mem=1G dom0-llc-colors=1-5"),
    good=Example(boot_arguments="llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    kinds=KINDS,
)
