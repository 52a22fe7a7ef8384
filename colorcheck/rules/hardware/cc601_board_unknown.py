"""The board is not known.

What it checks: that the board is named and in the catalogue, or that the device tree describes its last-level
cache.

Why it matters: how many colors there are, and whether they keep domains apart, depends on the cache. Without it
nothing can be proved.

What it cannot see: whether the real board is the one specified.

Source: `colorcheck board list`; of 1,649 trees of a Linux kernel 763 do not give the geometry.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import always_says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import GeometryUnknown

always_says(
    GeometryUnknown, "the size of a way of the last-level cache is not known, so neither is the number of colors"
)

NAMED = (ProblemKind.UNKNOWN_BOARD, ProblemKind.BAD_BOARD_FILE, ProblemKind.NO_BOARD)
FOLLOWING = (ProblemKind.DEVICE_TREE_NO_GEOMETRY, ProblemKind.DEVICE_TREE_NO_CPUS, GeometryUnknown)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for the board, else one for each gap in the device tree."""
    found = list(seen(facts, *NAMED)) or list(seen(facts, *FOLLOWING))
    for what in found:
        yield from_seen(RULE, facts, what, '`colorcheck board list` lists the boards; write board = "NAME" in [target]')


RULE = Rule(
    "CC601",
    "board-unknown",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(board="zcu103"),
    good=Example(board="zcu102"),
    kinds=(*NAMED, *FOLLOWING),
)
