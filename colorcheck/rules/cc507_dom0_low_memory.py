"""dom0 has no memory below 4 GiB.

What it checks: the guest addresses at which Xen puts dom0's memory.

Why it matters: up to 4.21 Xen takes the largest piece first, which may lie above 4 GiB. Devices that address 32 bits,
and drivers that ask for such memory, then fail.

What it cannot see: whether any device of dom0 needs it.

Source: `allocate_hwdom_memory` (xen/arch/arm/domain_build.c, 4.20.4): pieces by descending size; measured.
"""

from __future__ import annotations

from colorcheck.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.told import told

RULE = told(
    "CC507",
    "dom0-no-low-memory",
    Severity.WARNING,
    __doc__,
    ("dom0-no-low-memory", "dom0-first-bank-high"),
    "raise dom0_mem above the size of the upper bank, or keep low memory in one piece larger than the upper one",
    bad=Example(
        memory="<0x0 0x0 0x0 0x40000000>, <0x8 0x0 0x0 0x80000000>",
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10",
    ),
    good=Example(
        memory="<0x0 0x0 0x0 0x80000000>",
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10",
    ),
)
