"""A line of the .config is invalid, or overrides another.

What it checks: the lines of the .config that the manifest names.

Why it matters: a line that Kconfig does not accept has no effect; of two lines for one option the last one is used.

What it cannot see: whether the binary was built from this .config.

Source: Kconfig's format as Xen's build writes it (4.20).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC012",
    "kconfig",
    Severity.WARNING,
    __doc__,
    "write CONFIG_NAME=VALUE, each option once",
    bad=Example(
        target='kconfig = "xen.config"', files=(("xen.config", "CONFIG_LLC_COLORING=y\nLLC_COLORS_ORDER: 5\n"),)
    ),
    good=Example(
        target='kconfig = "xen.config"', files=(("xen.config", "CONFIG_LLC_COLORING=y\nCONFIG_LLC_COLORS_ORDER=5\n"),)
    ),
)
