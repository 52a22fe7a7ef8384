"""Whether the uncolored heap is large enough is not known.

What it checks: what Xen, its dom0less domains and their vCPUs take from the uncolored heap, between the least and the
most that was measured, compared with what the boot leaves there.

Why it matters: if it is used up, Xen panics in the middle of building its domains.

What it cannot see: what a build with other options takes.

Source: measured on 4.20 to 4.22: 64 to 142 frames with dom0 alone, 29 for each domain, 9 for each further vCPU.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import BuddyHeapOpen
from colorcheck.xen.notes.sentences import buddy_heap_open


@says(BuddyHeapOpen)
def _buddy_heap_open(note: BuddyHeapOpen) -> str:
    return buddy_heap_open(note.domain, note.pages, note.least, note.most)


RULE = from_notes(
    "CC528",
    "buddy-heap-open",
    Severity.WARNING,
    __doc__,
    "write a larger buddy-alloc-size",
    untestable="the bounds are close together and depend on the board's device tree",
)
