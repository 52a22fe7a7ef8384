"""An input cannot be read.

What it checks: that each file named by the manifest or another file exists, can be opened, is UTF-8 text where text is
expected, is not too large, and can be processed within the limits of a run on time and memory.

Why it matters: a file that was not read was not checked. The other files are still checked.

What it cannot see: whether it is the file that the board will boot from.

Source: colorcheck's limits: 64 MiB for a device tree with all that it includes, 16 MiB for a manifest; 300 s for each
step of a run, and 4 GiB beyond what the process had before (`--input-seconds`, `--input-memory`).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC002",
    "unreadable",
    Severity.ERROR,
    __doc__,
    "correct the name in the manifest, or make the file readable",
    bad=Example(inputs='overlays = ["missing.dtso"]'),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
