"""Which cache Xen's probe takes: the levels that CLIDR_EL1 shows, read as each version of Xen reads them.

Source: `get_llc_way_size` in xen/arch/arm/llc-coloring.c, 4.20, 4.21 and 4.22.
"""

from __future__ import annotations

from collections.abc import Mapping

LEVELS = range(1, 8)
UNIFIED = "unified"


def probed_level(levels: Mapping[int, str], version: str) -> int | None:
    """The level that Xen takes for the last-level cache; None where it finds no unified cache.

    `levels` maps a level, 1 to 7, to `unified`, `separate`, `data` or `instruction`; absent levels have no cache.
    4.20 and 4.21 look from level 7 down for the first unified cache; 4.22 goes up, stops at the first level without a
    cache, and keeps the last unified one that it met.
    """
    if version in ("4.20", "4.21"):
        return next((level for level in reversed(LEVELS) if levels.get(level) == UNIFIED), None)
    found = None
    for level in LEVELS:
        if level not in levels:
            break
        if levels[level] == UNIFIED:
            found = level
    return found


def levels_of_clidr(clidr: int) -> dict[int, str]:
    """The levels that a value of CLIDR_EL1 shows (Arm DDI 0487, CLIDR_EL1: Ctype1 to Ctype7)."""
    names = {1: "instruction", 2: "data", 3: "separate", 4: UNIFIED}
    types = ((level, clidr >> 3 * (level - 1) & 7) for level in LEVELS)
    return {level: names.get(kind, "reserved") for level, kind in types if kind}
