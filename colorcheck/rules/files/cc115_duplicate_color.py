"""A list contains a color twice.

What it checks: repeated colors in the lists of boot arguments, device tree and xl files.

Why it matters: a repeated color adds nothing, but it counts: a list with more entries than there are colors is refused.
Most often one of the two was meant to be another color. The Xilinx forks refuse such lists after reading them.

What it cannot see: which color was meant.

Source: `parse_color_config` (xen/common/llc-coloring.c, 4.20.4): the list is kept as written; measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import domains
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import ColorSource
from colorcheck.xen.notes.colors import DuplicateColors


@says(DuplicateColors)
def _duplicate_colors(note: DuplicateColors) -> str:
    named = ", ".join(map(str, note.colors))
    return f"{note.domain} lists color {named} more than once; this gives it no more memory"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each list with repetitions, except lists that are too long because of them: CC301 reports those."""
    reported: set[tuple[Location, tuple[int, ...]]] = set()
    for release, system in facts.systems():
        if system.xen_source is ColorSource.GIVEN and (system.xen_location, system.xen_colors) not in reported:
            reported.add((system.xen_location, system.xen_colors))
            yield from _repeated("xen", system.xen_colors, system.xen_location, on(facts, (release,)))
    for result, domain, releases in domains(facts):
        nr_colors = result.system.nr_colors if result.system else None
        if nr_colors is not None and len(domain.colors) > nr_colors:
            continue
        if domain.source is ColorSource.GIVEN and (domain.location, domain.colors) not in reported:
            reported.add((domain.location, domain.colors))
            yield from _repeated(domain.name, domain.colors, domain.location, on(facts, releases))


def _repeated(name: str, colors: tuple[int, ...], where: Location, when: str) -> Iterator[Finding]:
    twice = ColorSet.of(color for color, count in Counter(colors).items() if count > 1)
    if twice:
        noun = "color" if len(twice) == 1 else "colors"
        yield RULE.finding(
            f"{name} lists {noun} {twice} more than once{when}", where, f"write each color once: {ColorSet.of(colors)}"
        )


RULE = Rule(
    "CC115",
    "duplicate-color",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-6,6-9"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-9"),
    kinds=(DuplicateColors,),
)
