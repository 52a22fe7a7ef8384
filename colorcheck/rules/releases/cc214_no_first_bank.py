"""dom0 boots before 4.22, but not on 4.22, because there is no first bank.

What it checks: whether any piece of dom0's address space is suitable as its first bank according to 4.22: 128 MiB, or
all of dom0's memory if that is less, and room for kernel, ramdisk and device tree.

Why it matters: 4.22 takes the pieces by address and skips those; if none is left it panics with all memory unallocated,
although frames are free. The same deployment boots on 4.20.

What it cannot see: nothing; the files alone determine this.

Source: `allocate_hwdom_memory` (xen/arch/arm, 4.22.0), measured.
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
from colorcheck.xen.notes.boot import NoFirstBank


@says(NoFirstBank)
def _no_first_bank(note: NoFirstBank) -> str:
    return (
        f"{note.release} needs {size(note.needed)} of contiguous memory for dom0's first bank and finds none; "
        "releases before 4.22 boot with this layout"
    )


_KINDS = (NoFirstBank,)
_HELP = "move reserved memory to one end of a bank, so that a range of 128 MiB is left"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each note, with the largest dom0_mem that boots."""
    for what in seen(facts, *_KINDS):
        found = dom0_memory(facts, what.releases, less_memory)
        enough = f"; dom0_mem={found.mib}M boots in the model" if found else ""
        yield from_seen(RULE, facts, what, _HELP + enough)


_RESERVED = "reserved-memory {{ #address-cells = <2>; #size-cells = <2>; ranges; {} }};"
_HOLES = "".join(
    f"hole@{start:x} {{ reg = <0x0 0x{start:x} 0x0 0x1000>; }};" for start in range(0x7000000, 0x80000000, 0x7000000)
)

RULE = Rule(
    "CC214",
    "no-first-bank",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        xen="4.22",
        memory="<0x0 0x0 0x0 0x80000000>",
        tree=_RESERVED.format(_HOLES),
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10",
    ),
    good=Example(
        xen="4.22",
        memory="<0x0 0x0 0x0 0x80000000>",
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10",
    ),
    kinds=_KINDS,
)
