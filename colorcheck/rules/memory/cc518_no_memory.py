"""There is no memory in the device tree.

What it checks: memory nodes with a size, or `memory` in the manifest.

Why it matters: in many trees the boot loader fills the memory node. Without it nothing can be said about what fits.

What it cannot see: what the boot loader will write.

Source: 425 of 1,649 trees of a Linux kernel have a memory node of size zero, 475 none.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import always_says
from colorcheck.xen.notes.machine import NoMemory

always_says(
    NoMemory,
    "there is no memory: the device tree has no memory node (a boot loader fills it in); write [target] memory",
)

RULE = from_notes(
    "CC518",
    "no-memory",
    Severity.ERROR,
    __doc__,
    "write the memory that the boot loader will report: memory = [[0x0, 0x80000000]] in [target]",
    bad=Example(memory="<0x0 0x0 0x0 0x0>"),
    good=Example(memory="<0x0 0x0 0x0 0x0>", target="memory = [[0x0, 0x80000000]]"),
)
