"""Creating this guest crashes Xen 4.20 with all its guests.

What it checks: xl guests on 4.20 with a color that does not exist, or with more colors than there are.

Why it matters: Xen refuses the colors, the toolstack destroys the half-made domain, and destroying a domain that never
had colors crashes the hypervisor. 4.21 and later survive.

What it cannot see: later point releases of 4.20 in which this may be fixed; 4.20.4 has the defect.

Source: measured on 4.20.4: "Error during Hypervisor-to-physical address translation".
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import HostCrash


@says(HostCrash)
def _host_crash(note: HostCrash) -> str:
    return f"{note.release} refuses {note.domain}'s colors, and when xl then destroys the domain, the host crashes"


_GUEST = 'name = "rt"\nkernel = "Image"\nmemory = 256\nvcpus = 1\nllc_colors = ["{}"]\n'

RULE = from_notes(
    "CC211",
    "host-crash",
    Severity.ERROR,
    __doc__,
    "correct the guest's colors before it is created",
    bad=Example(guests=(("rt.cfg", _GUEST.format("14-16")),)),
    good=Example(guests=(("rt.cfg", _GUEST.format("11-14")),)),
)
