"""xl cannot build the guest, whatever memory is free.

What it checks: `maxmem` above `memory`, memory that is too small for kernel, ramdisk and device tree, and a guest
with no memory at all.

Why it matters: the creation fails, and the memory that it had taken by then is lost to its colors until the host
reboots.

What it cannot see: a kernel that is not next to the guest's file and has no `kernel-size` in `[domains.NAME]`: it
is assumed to fit.

Source: `libxl__build_dom` (tools/libs/light), `meminit` (tools/libs/guest/xg_dom_arm.c), 4.20 to 4.22; measured
on 4.20.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.core.units import MIB
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import GuestMemoryMissing, GuestMemorySmall, MaxmemAboveMemory


@says(GuestMemoryMissing)
def _guest_memory_missing(note: GuestMemoryMissing) -> str:
    if note.pool is None:
        return f"{note.domain} has neither memory nor maxmem: xl computes a P2M pool larger than any host"
    return f"{note.domain} has no memory at all: xl fails and keeps its P2M pool of {note.pool} frames"


@says(MaxmemAboveMemory)
def _maxmem_above_memory(note: MaxmemAboveMemory) -> str:
    return (
        f"{note.domain} has maxmem {note.maxmem} above memory {note.memory}: xl populates {note.maxmem} MiB, but "
        f"Xen allows {note.memory + 1}; the creation fails"
    )


@says(GuestMemorySmall)
def _guest_memory_small(note: GuestMemorySmall) -> str:
    kernel = -(-note.kernel // MIB)
    return (
        f"{note.domain} has {note.memory} MiB, which is too little for its kernel ({kernel} MiB, rounded up to 2 "
        f"MiB), its "
        "ramdisk and its device tree"
    )


RULE = from_notes(
    "CC522",
    "guest-cannot-be-built",
    Severity.ERROR,
    __doc__,
    "set memory to what the guest needs, and omit maxmem",
    bad=Example(guests=(("rt.cfg", GUEST + "maxmem = 512\n"),)),
    good=Example(guests=(("rt.cfg", GUEST + "maxmem = 256\n"),)),
)
