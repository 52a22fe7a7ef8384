"""A device tree source is valid syntax, but not a valid tree.

What it checks: what dtc checks besides the syntax: references to labels that do not exist, two nodes with the same
name, phandles given twice, properties after nodes.

Why it matters: dtc does not produce a blob from it.

What it cannot see: bindings: whether a driver understands the node.

Source: dtc 1.7, measured: its semantic checks are errors.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC007",
    "device-tree-meaning",
    Severity.ERROR,
    __doc__,
    bad=Example(tree="device { partner = <&nobody>; };"),
    good=Example(tree="device { partner = <&other>; };\n    other: other { };"),
)
