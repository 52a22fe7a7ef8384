"""A domain takes the colors of the domain before it.

What it checks: dom0less domains without `llc-colors` on 4.20 that come after one that has it.

Why it matters: on 4.20 such a domain silently gets the list of the nearest earlier domain that has one, and shares all
of its colors. From 4.21 on it gets all colors.

What it cannot see: nothing; the files alone determine this.

Source: `create_domUs` (xen/arch/arm/dom0less-build.c, 4.20.4), measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN, DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.colors import InheritedColors


@says(InheritedColors)
def _inherited_colors(note: InheritedColors) -> str:
    missing = f"has no {note.key}" if note.key else "names no colors"
    return f"{note.domain} {missing}: {note.release} gives it those of {note.from_}"


_SECOND = DOMAIN_PLAIN.replace("domU1", "domU2").replace("3000000", "5000000")

RULE = from_notes(
    "CC213",
    "inherited-colors",
    Severity.WARNING,
    __doc__,
    "give the domain its own llc-colors",
    bad=Example(chosen=DOMAIN.format(more="cpus = <1>;") + _SECOND.format(more="cpus = <1>;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;") + _SECOND.format(more='cpus = <1>; llc-colors = "15";')),
)
