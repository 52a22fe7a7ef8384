"""A key of the manifest and the boot script disagree.

What it checks: keys for the addresses and sizes of Xen and the device tree and for Xen's arguments, if a followed boot
script determines the same values.

Why it matters: the board does what the script says. The key has no effect, and what was measured with its value does
not apply.

What it cannot see: which of the two is out of date.

Source: the manifest and the boot script.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.boot_script_examples import scripted

RULE = from_notes(
    "CC025",
    "given-beside-script",
    Severity.WARNING,
    __doc__,
    "delete the key",
    bad=scripted("", target="xen-address = 0x200000"),
    good=scripted("", target="xen-address = 0x600000"),
)
