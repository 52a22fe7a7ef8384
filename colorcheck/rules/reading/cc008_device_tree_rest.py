"""Text after the end of a device tree source is not read.

What it checks: what follows the place where dtc stops reading.

Why it matters: nodes there do not exist on the board.

What it cannot see: why the text is there.

Source: dtc 1.7, measured: a NUL character ends the source.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC008",
    "device-tree-rest",
    Severity.WARNING,
    __doc__,
    bad=Example(tree_text="/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; };\n\0/ { more; };\n"),
    good=Example(),
)
