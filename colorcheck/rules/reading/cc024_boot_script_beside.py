"""A boot script next to the device tree is not named.

What it checks: that a U-Boot script in the folder of the device tree is named in the manifest, or the manifest says
that Xen gets the tree as it is; and that an image next to its text (`boot.scr` next to `boot.cmd`) contains that text.

Why it matters: a boot script edits the tree before Xen reads it: arguments, modules, domains, memory. What is true of
the tree in the folder need not be true of the tree that Xen gets.

What it cannot see: scripts in other places, and what is stored on the board.

Source: U-Boot's distribution boot, which runs `boot.scr`.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.boot_script_examples import beside

RULE = from_notes(
    "CC024",
    "boot-script-beside",
    Severity.WARNING,
    __doc__,
    "name it in [inputs] boot-script",
    bad=beside(""),
    good=beside('loader = "none"'),
)
