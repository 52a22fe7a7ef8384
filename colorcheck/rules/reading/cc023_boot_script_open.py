"""The inputs do not say what the boot script does here.

What it checks: that everything that a followed boot script depends on is given: its variables, the files that it loads,
the memory that U-Boot finds; and that each of its commands is known.

Why it matters: what is not known is never proved. The run ends undecided until it is settled.

What it cannot see: whether the given values are those of the board.

Source: the boot script; what settles it is a key of the manifest.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.boot_script_examples import scripted

RULE = from_notes(
    "CC023",
    "boot-script-open",
    Severity.WARNING,
    __doc__,
    "give it in the manifest",
    bad=scripted("boardspecial 1"),
    good=scripted(""),
)
