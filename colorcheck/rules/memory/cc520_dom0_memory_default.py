"""dom0 gets 512 MiB because dom0_mem is not given.

What it checks: whether `dom0_mem` is among the boot arguments.

Why it matters: the default may be too small for dom0's software. Without `dom0_mem` xl also balloons dom0 to make room
for guests, going by an amount of free memory that does not include colored frames.

What it cannot see: whether 512 MiB are enough.

Source: `dom0_mem` (xen/arch/arm/domain_build.c, 4.20 to 4.22), which warns about it at boot; measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.core.units import size
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import Dom0MemoryDefault


@says(Dom0MemoryDefault)
def _dom0_memory_default(note: Dom0MemoryDefault) -> str:
    return f"dom0_mem is {'0' if note.given else 'not given'}: Xen uses {size(note.size)}"


RULE = from_notes(
    "CC520",
    "dom0-memory-default",
    Severity.INFO,
    __doc__,
    "write dom0_mem=512M, or what dom0 needs",
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=2-10"),
    good=Example(),
)
