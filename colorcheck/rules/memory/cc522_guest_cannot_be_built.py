"""xl cannot build the guest, whatever memory is free.

What it checks: `maxmem` above `memory`, a memory that does not hold kernel, ramdisk and device tree, and a guest
with no memory at all.

Why it matters: the creation fails, and what it had taken by then is lost to its colors until the host reboots.

What it cannot see: a kernel that does not lie beside the guest's file and has no `kernel-size` in `[domains.NAME]`: it
is trusted to fit.

Source: `libxl__build_dom` (tools/libs/light), `meminit` (tools/libs/guest/xg_dom_arm.c), 4.20 to 4.22; measured
on 4.20.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.xen.notes.domains import GuestMemoryMissing, GuestMemorySmall, MaxmemAboveMemory

RULE = from_notes(
    "CC522",
    "guest-cannot-be-built",
    Severity.ERROR,
    __doc__,
    (MaxmemAboveMemory, GuestMemorySmall, GuestMemoryMissing),
    "write memory = what the guest shall have, and no maxmem",
    bad=Example(guests=(("rt.cfg", GUEST + "maxmem = 512\n"),)),
    good=Example(guests=(("rt.cfg", GUEST + "maxmem = 256\n"),)),
)
