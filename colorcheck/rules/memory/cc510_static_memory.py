"""A domain asks for static memory while coloring is on.

What it checks: `xen,static-mem` in the nodes of domains.

Why it matters: Xen panics: "LLC coloring and static memory are incompatible", whether or not the domain has colors.

What it cannot see: nothing; the files alone determine this.

Source: `construct_domU` (xen/arch/arm/dom0less-build.c, 4.20 to 4.22), measured on 4.20 and 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import StaticMemory


@says(StaticMemory)
def _static_memory(note: StaticMemory) -> str:
    return f"{note.domain} asks for static memory, which cannot be colored: Xen panics"


RULE = from_notes(
    "CC510",
    "static-memory",
    Severity.ERROR,
    __doc__,
    "delete xen,static-mem; the domain then gets frames of its own colors",
    bad=Example(chosen=DOMAIN.format(more="cpus = <1>; xen,static-mem = <0x0 0x40000000 0x0 0x8000000>;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
