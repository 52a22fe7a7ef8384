"""Boot modules or reserved ranges overlap.

What it checks: the address ranges of modules, reservations and memory banks against one another, and their number
against Xen's tables.

Why it matters: Xen leaves out a module that overlaps another, drops what exceeds its tables, or refuses the tree.

What it cannot see: how large a module grows when it is unpacked.

Source: `add_boot_module`, `check_reserved_regions_overlap` (xen/common/device-tree/bootinfo.c, 4.20 to 4.22).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.machine.boot_info import MAX_MODULES
from colorcheck.xen.notes.machine import (
    BankOverlap,
    ModuleOverlap,
    RangeWraps,
    ReservedOverlap,
    TooManyModules,
    TooManyRegions,
)


@says(BankOverlap)
def _bank_overlap(note: BankOverlap) -> str:
    start, end = note.other
    return f"the memory {note.start:#x}-{note.end:#x} overlaps {start:#x}-{end:#x}"


@says(ReservedOverlap)
def _reserved_overlap(note: ReservedOverlap) -> str:
    if note.first_start is None:
        return f"{note.second} at {note.start:#x} overlaps a {note.first} entry: Xen panics"
    return (
        f"the reserved range {note.second} at {note.start:#x} overlaps {note.first} at {note.first_start:#x}: "
        "Xen panics"
    )


@says(ModuleOverlap)
def _module_overlap(note: ModuleOverlap) -> str:
    return f"{note.module} at {note.start:#x} overlaps {note.other} at {note.other_start:#x}: Xen ignores it"


@says(TooManyModules)
def _too_many_modules(note: TooManyModules) -> str:
    return f"{note.count} boot modules: Xen keeps {MAX_MODULES} and ignores the others"


@says(TooManyRegions)
def _too_many_regions(note: TooManyRegions) -> str:
    return f"{note.count} {note.what}: Xen's table has room for {note.limit}, so it stops"


@says(RangeWraps)
def _range_wraps(note: RangeWraps) -> str:
    return f"{note.what} at {note.start:#x} of {note.size:#x} bytes reaches beyond the end of the address space"


RULE = from_notes(
    "CC516",
    "ranges-overlap",
    Severity.ERROR,
    __doc__,
    "give each a separate range",
    bad=Example(memory="<0x0 0x0 0x0 0x80000000>, <0x0 0x70000000 0x0 0x80000000>"),
    good=Example(),
)
