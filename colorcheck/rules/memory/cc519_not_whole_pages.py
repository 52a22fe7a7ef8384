"""An amount of memory is not a multiple of a page.

What it checks: memory of domains and banks against frames of 4 KiB.

Why it matters: what is left over is lost, or the domain gets a frame less than was meant.

What it cannot see: nothing; the files alone determine this.

Source: `PFN_UP` and `PFN_DOWN` in the memory set-up of Xen 4.20 to 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import MemoryNotPages
from colorcheck.xen.notes.machine import BankUnaligned


@says(BankUnaligned)
def _bank_unaligned(note: BankUnaligned) -> str:
    return f"the memory {note.start:#x}-{note.end:#x} does not start and end on a 4 KiB page boundary"


RULE = from_notes(
    "CC519",
    "not-whole-pages",
    Severity.INFO,
    __doc__,
    (MemoryNotPages, BankUnaligned),
    "write a multiple of 4 KiB",
    bad=Example(memory="<0x0 0x0 0x0 0x7ffffe00>, <0x8 0x0 0x0 0x80000000>"),
    good=Example(),
)
