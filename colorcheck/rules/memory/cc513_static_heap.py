"""With a static heap no color has any memory.

What it checks: `xen,static-heap` in /chosen while coloring is on.

Why it matters: the static heap is the only boot region then, and the lowest boot region goes to the uncolored heap as a
whole. The color heap is empty, and the first domain fails.

What it cannot see: nothing; the files alone determine this.

Source: `populate_boot_allocator` and `end_boot_allocator` (Xen 4.20 to 4.22), measured on 4.20 and 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import always_says
from colorcheck.xen.notes.machine import StaticHeap

always_says(
    StaticHeap,
    (
        "with a static heap, all of Xen's memory is in the buddy heap: the color heap is empty and no domain gets "
        "any memory"
    ),
)

RULE = from_notes(
    "CC513",
    "static-heap",
    Severity.ERROR,
    __doc__,
    "delete xen,static-heap; buddy-alloc-size determines how much memory Xen keeps for itself",
    bad=Example(chosen="xen,static-heap = <0x0 0x40000000 0x0 0x20000000>;"),
    good=Example(),
)
