"""The board is not known.

What it checks: that the board is named and in the catalogue, or that the device tree says what its last-level cache is
like.

Why it matters: how many colors there are, and whether they keep domains apart, follows from the cache. Without it
nothing can be proved.

What it cannot see: whether the board on the desk is the one that is named.

Source: `colorcheck board list`; of 1,649 trees of a Linux kernel 763 do not give the geometry.
"""

from __future__ import annotations

from colorcheck.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.told import told

RULE = told(
    "CC601",
    "board-unknown",
    Severity.ERROR,
    __doc__,
    (
        "unknown-board",
        "bad-board-file",
        "device-tree-no-geometry",
        "device-tree-no-cpus",
        "no-board",
        "geometry-unknown",
    ),
    '`colorcheck board list` lists the boards; write board = "NAME" in [target]',
    bad=Example(board="zcu103"),
    good=Example(board="zcu102"),
)
