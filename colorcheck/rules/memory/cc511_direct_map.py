"""A domain asks to be mapped one to one.

What it checks: `direct-map` in the nodes of domains.

Why it matters: Xen panics without static memory, and static memory excludes coloring: a colored domain is never mapped
one to one.

What it cannot see: nothing; the files alone determine this.

Source: `construct_domU` (xen/arch/arm/dom0less-build.c, 4.20 to 4.22), measured on 4.20 and 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import DirectMap


@says(DirectMap)
def _direct_map(note: DirectMap) -> str:
    return f"{note.domain} asks for a direct map, which needs static memory: Xen panics"


RULE = from_notes(
    "CC511",
    "direct-map",
    Severity.ERROR,
    __doc__,
    "delete direct-map; the domain's devices then need an IOMMU",
    bad=Example(chosen=DOMAIN.format(more="cpus = <1>; direct-map;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
