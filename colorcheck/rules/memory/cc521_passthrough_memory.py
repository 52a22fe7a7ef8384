"""A domain gets memory by address, which has every color.

What it checks: the ranges of `iomem` in xl files, of `xen,reg` in partial device trees, and of `reg` of the devices
that Xen gives to dom0, against the banks of memory, while coloring is on.

Why it matters: such frames are mapped as they are, regardless of colors. What the domain does there evicts lines of
every other domain.

What it cannot see: how much of the range the domain uses; ranges that hold only device registers are not reported.

Source: `iomem` in xl.cfg(5) and `xc_domain_memory_mapping` (Xen 4.20 to 4.22): no check against coloring.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import PassthroughMemory
from colorcheck.xen.notes.sentences import memory_given

says(PassthroughMemory)(memory_given)


RULE = from_notes(
    "CC521",
    "passthrough-memory",
    Severity.WARNING,
    __doc__,
    "share through grants, whose frames keep their owner's colors; or keep the range small and accept it",
    bad=Example(guests=(("rt.cfg", GUEST + 'iomem = ["70000,100"]\n'),)),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
