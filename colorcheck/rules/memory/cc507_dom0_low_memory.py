"""dom0 has no memory below 4 GiB.

What it checks: the guest addresses at which Xen puts dom0's memory.

Why it matters: up to 4.21 Xen takes the largest piece first, which may be above 4 GiB. Devices that can address only
32 bits, and drivers that ask for such memory, then fail.

What it cannot see: whether any device of dom0 needs it.

Source: `allocate_hwdom_memory` (xen/arch/arm/domain_build.c, 4.20.4): pieces by descending size; measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.replay.changes import low_memory
from colorcheck.rules.example import Example
from colorcheck.rules.facts.repairs import dom0_memory
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import always_says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.boot import Dom0FirstBankHigh, Dom0NoLowMemory

always_says(Dom0NoLowMemory, "dom0 gets no memory below 4 GiB: devices with 32-bit DMA cannot reach it")

always_says(Dom0FirstBankHigh, "dom0's first bank is above 4 GiB")

_KINDS = (Dom0NoLowMemory, Dom0FirstBankHigh)
_PIECE = "keep low memory in one piece larger than the upper one; Xen 4.22 fills low memory first"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each note, with the least dom0_mem that reaches below 4 GiB, if one fits."""
    for what in seen(facts, *_KINDS):
        found = dom0_memory(facts, what.releases, low_memory) if what.kind is _KINDS[0] else None
        more = (
            f"write dom0_mem={found.mib}M, the least that reaches below 4 GiB (booted in the model), or "
            if found
            else ""
        )
        yield from_seen(RULE, facts, what, more + _PIECE)


RULE = Rule(
    "CC507",
    "dom0-no-low-memory",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        memory="<0x0 0x0 0x0 0x40000000>, <0x8 0x0 0x0 0x80000000>",
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10",
    ),
    good=Example(
        memory="<0x0 0x0 0x0 0x80000000>",
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10",
    ),
    kinds=_KINDS,
)
