"""dom0's first bank of memory cannot hold its kernel, ramdisk and device tree.

What it checks: the size of the first bank that Xen gives dom0, and whether the pieces of its address space hold all of
its memory.

Why it matters: Xen panics with "Not enough memory in the first bank" or with memory unallocated, although frames are
free.

What it cannot see: how much a compressed kernel grows.

Source: `allocate_hwdom_memory` and `kernel_load` (xen/arch/arm, 4.20.4 to 4.22.0), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import size
from colorcheck.replay.changes import less_memory
from colorcheck.rules.example import Example
from colorcheck.rules.facts.repairs import dom0_memory
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.boot import Dom0FirstBankSmall, Dom0MemoryUnplaced


@says(Dom0FirstBankSmall)
def _dom0_first_bank_small(note: Dom0FirstBankSmall) -> str:
    return f"dom0's first bank has {size(note.size)}, but kernel, ramdisk and device tree need {size(note.needed)}"


@says(Dom0MemoryUnplaced)
def _dom0_memory_unplaced(note: Dom0MemoryUnplaced) -> str:
    return f"{size(note.unplaced)} of dom0's memory do not fit between the reserved ranges of the host's layout"


_KINDS = (
    Dom0FirstBankSmall,
    Dom0MemoryUnplaced,
)
_HELP = "lower dom0_mem, move reserved memory to one end of a bank, or use a smaller ramdisk"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each note, with the largest dom0_mem that boots."""
    for what in seen(facts, *_KINDS):
        found = dom0_memory(facts, what.releases, less_memory)
        enough = f"; dom0_mem={found.mib}M boots in the model" if found else ""
        yield from_seen(RULE, facts, what, _HELP + enough)


RULE = Rule(
    "CC508",
    "dom0-first-bank",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=3G dom0-llc-colors=2-15",
        memory="<0x0 0x0 0x0 0x80000000>",
    ),
    good=Example(),
    kinds=_KINDS,
)
