"""The boot log contradicts the manifest or the files.

What it checks: that the values in `boot-log` (banks of memory, addresses and sizes of Xen and of the device tree, Xen's
arguments, its version) agree with the manifest and with the other inputs.

Why it matters: what was measured takes precedence, so the verdicts are about the system of the log. If the log is of
another system, or older than the files, they are not about this one.

What it cannot see: whether the log is of this very board.

Source: the lines of the log; a version that the log names is only compared and never selects the model.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

_LOG = """(XEN) Checking for initrd in /chosen
(XEN) RAM: 0000000000000000 - 000000007fffffff
(XEN) RAM: 0000000800000000 - 000000087fffffff
(XEN)
(XEN) MODULE[0]: 0000000000200000 - 0000000000373fff Xen
(XEN) MODULE[1]: 0000000000100000 - {:016x} Device Tree
(XEN) MODULE[2]: 0000000001000000 - 0000000001ffffff Kernel
"""

RULE = from_notes(
    "CC026",
    "log-contradicts",
    Severity.WARNING,
    __doc__,
    "correct the manifest, or specify a log of this system",
    bad=Example(inputs='boot-log = "serial.txt"', files=(("serial.txt", _LOG.format(0x109FFF)),)),
    good=Example(inputs='boot-log = "serial.txt"', files=(("serial.txt", _LOG.format(0x107FFF)),)),
)
