"""A domain's P2M pool cannot hold the tables of its memory.

What it checks: `xen,domain-p2m-mem-mb` against the tables that the domain's memory needs.

Why it matters: colored memory is mapped frame by frame, which takes a table for every 2 MiB. If the pool is too small,
the domain cannot be built, and Xen panics.

What it cannot see: tables that the domain needs later, for grants and devices.

Source: `domain_p2m_pages` and `p2m_set_entry` (xen/arch/arm, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.boot import P2mPoolTooSmall


@says(P2mPoolTooSmall)
def _p2m_pool_too_small(note: P2mPoolTooSmall) -> str:
    return f"the P2M pool of {note.domain} has {note.pool} pages; the tables of its memory need {note.needed}"


RULE = from_notes(
    "CC514",
    "p2m-pool-too-small",
    Severity.ERROR,
    __doc__,
    "delete xen,domain-p2m-mem-mb; Xen's default is enough",
    bad=Example(chosen=DOMAIN.format(more="cpus = <1>; xen,domain-p2m-mem-mb = <0>;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
