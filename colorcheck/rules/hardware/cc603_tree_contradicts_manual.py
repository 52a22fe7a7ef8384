"""The device tree is wrong about a cache.

What it checks: that size, sets and line of each cache give a whole number of ways that the core's manual lists, and
that the CPUs that share it can do so.

Why it matters: colors computed from wrong numbers isolate nothing. 32 of 1,649 trees of a Linux kernel contradict the
manual of their core.

What it cannot see: wrong numbers that are consistent with each other and with the manual.

Source: the technical reference manuals of the cores; the manual takes precedence over the tree.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

CPUS = """cpu@0 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; next-level-cache = <&l2>; }};
        l2: l2-cache {{
            compatible = "cache"; cache-level = <2>; cache-unified;
            cache-size = <0x100000>; cache-line-size = <64>; cache-sets = <{}>;
        }};"""

RULE = from_notes(
    "CC603",
    "tree-contradicts-manual",
    Severity.WARNING,
    __doc__,
    bad=Example(board="", cpus=CPUS.format(2048)),
    good=Example(board="", cpus=CPUS.format(1024)),
)
