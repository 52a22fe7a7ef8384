"""On Xen 4.22.0 no toolstack can create a guest while coloring is on.

What it checks: xl guests in a deployment for 4.22 with coloring on.

Why it matters: since 4.22.0 building a domain asks for memory with a flag that the colored side of the page allocator
refuses. Every new guest gets nothing. dom0 and dom0less domains are not affected.

What it cannot see: a patched 4.22; the development tree has the same code.

Source: `populate_physmap` and `alloc_color_heap_page` (xen/common, 4.22.0), measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import ToolstackCannotPopulate


@says(ToolstackCannotPopulate)
def _toolstack_cannot_populate(note: ToolstackCannotPopulate) -> str:
    return f"{note.release} does not give memory to a guest created by a toolstack while coloring is on: {note.domain}"


RULE = from_notes(
    "CC212",
    "toolstack-cannot-populate",
    Severity.ERROR,
    __doc__,
    "make the guest a dom0less domain, or stay with 4.21",
    bad=Example(xen="4.22", guests=(("rt.cfg", GUEST),)),
    good=Example(xen="4.21", guests=(("rt.cfg", GUEST),)),
)
