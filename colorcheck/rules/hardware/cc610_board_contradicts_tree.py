"""The board and the device tree contradict each other.

What it checks: the named board's cores and caches against those of the device tree.

Why it matters: one of the two is wrong, and colors are computed from it.

What it cannot see: which of the two; Xen's boot messages say what it probed.

Source: the board's values in the catalogue, each with its manual; the device tree as written.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.hardware.cc603_tree_contradicts_manual import CPUS

RULE = from_notes(
    "CC610",
    "board-contradicts-tree",
    Severity.ERROR,
    __doc__,
    "specify the board that the device tree is for",
    bad=Example(board="rpi4", cpus=CPUS.format(1024)),
    good=Example(cpus=CPUS.format(1024)),
)
