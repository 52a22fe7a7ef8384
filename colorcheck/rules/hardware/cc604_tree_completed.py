"""A number of a cache was filled in from the core's manual.

What it checks: caches in the device tree with a missing or wrong number that does not affect the colors, or that
follows from the others.

Why it matters: what is filled in is only as good as the rest of the tree.

What it cannot see: whether the rest of the tree is right.

Source: the technical reference manuals of the cores.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.hardware.cc603_tree_contradicts_manual import CPUS

RULE = from_notes(
    "CC604",
    "tree-completed",
    Severity.INFO,
    __doc__,
    bad=Example(board="", compatible="acme,board", cpus=CPUS.format(1024).replace("cache-sets = <1024>;", "")),
    good=Example(board="", compatible="acme,board", cpus=CPUS.format(1024)),
)
