"""The boot script never starts Xen.

What it checks: that the boot script, followed to its end, reaches a `booti`, `bootm` or `bootefi` that succeeds.

Why it matters: the board stays at the prompt or resets, whatever the other files contain.

What it cannot see: what someone types at the prompt.

Source: U-Boot 2023.01 (`cmd/booti.c`, `boot/bootm.c`, `boot/image-fdt.c`), measured with its binary.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.boot_script_examples import scripted

RULE = from_notes(
    "CC022",
    "boot-script-stops",
    Severity.ERROR,
    __doc__,
    "end the script with booti XEN - TREE",
    bad=scripted("reset"),
    good=scripted(""),
)
