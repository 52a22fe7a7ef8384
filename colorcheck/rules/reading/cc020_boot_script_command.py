"""A boot script command does not do what it seems to do.

What it checks: that each command of a followed U-Boot script succeeds: words that U-Boot reads differently, nodes that
are not there, a tree without room, a file that is refused.

Why it matters: a failing command never ends a U-Boot script. The board boots without the setting, and so without the
colors that it contains.

What it cannot see: commands whose result only the board can tell.

Source: U-Boot 2023.01 (`common/cli_hush.c`, `cmd/fdt.c`), measured with its binary.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.boot_script_examples import scripted

RULE = from_notes(
    "CC020",
    "boot-script-command",
    Severity.WARNING,
    __doc__,
    "correct the command",
    bad=scripted('fdt set /nosuch llc-colors "4-7"'),
    good=scripted(""),
)
