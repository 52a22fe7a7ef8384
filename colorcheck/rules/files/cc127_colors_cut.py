"""Xen takes fewer colors than the cache has.

What it checks: the number of colors against what Xen was built for: 2 to the power of CONFIG_LLC_COLORS_ORDER, 128 by
default.

Why it matters: Xen prints a warning and goes on with fewer colors. With a wrong `llc-size` the number is absurd, and
the colors that remain no longer match the cache.

What it cannot see: nothing; the files alone determine this.

Source: `llc_coloring_init` (xen/common/llc-coloring.c, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.colors import ColorsCut


@says(ColorsCut)
def _colors_cut(note: ColorsCut) -> str:
    return f"Number of LLC colors ({note.found}) too big. Using configured max {note.taken}"


RULE = from_notes(
    "CC127",
    "colors-cut",
    Severity.WARNING,
    __doc__,
    "correct llc-size and llc-nr-ways (a size without a unit is in KiB), or build Xen with a larger LLC_COLORS_ORDER",
    bad=Example(boot_arguments="llc-size=1G llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-126"),
    good=Example(boot_arguments="llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10"),
)
