"""An amount of memory is not a multiple of a page.

What it checks: whether the memory of domains and banks is a multiple of 4 KiB.

Why it matters: the remainder is lost, or the domain gets one frame less than was meant.

What it cannot see: nothing; the files alone determine this.

Source: `PFN_UP` and `PFN_DOWN` in the memory set-up of Xen 4.20 to 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.core.units import PAGE, size
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.notes.domains import MemoryNotPages
from colorcheck.xen.notes.machine import BankUnaligned


@says(MemoryNotPages)
def _memory_not_pages(note: MemoryNotPages) -> str:
    if note.owner is DomainKind.DOM0:
        return f"dom0_mem of {note.size} bytes is not a multiple of the 4 KiB page size: Xen cannot allocate it"
    if note.size < PAGE:
        return f"{size(note.size)} of memory are less than a page: Xen hangs while it allocates them"
    return f"{size(note.size)} of memory are not a multiple of the 4 KiB page size: Xen cannot allocate them"


@says(BankUnaligned)
def _bank_unaligned(note: BankUnaligned) -> str:
    return f"the memory {note.start:#x}-{note.end:#x} does not start and end on a 4 KiB page boundary"


RULE = from_notes(
    "CC519",
    "not-whole-pages",
    Severity.INFO,
    __doc__,
    "write a multiple of 4 KiB",
    bad=Example(memory="<0x0 0x0 0x0 0x7ffffe00>, <0x8 0x0 0x0 0x80000000>"),
    good=Example(),
)
