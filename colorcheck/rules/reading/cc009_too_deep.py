"""An input is nested too deeply.

What it checks: the depth of nodes, lists and expressions.

Why it matters: Xen reads 16 levels of nodes and Linux 64; anything deeper is lost or stops the boot.

What it cannot see: limits of boot loaders.

Source: DEVICE_TREE_MAX_DEPTH in xen/include/xen/device_tree.h (4.20.4).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC009",
    "too-deep",
    Severity.ERROR,
    __doc__,
    bad=Example(tree="".join(f"n{i} {{ " for i in range(400)) + "};" * 400),
    good=Example(tree="".join(f"n{i} {{ " for i in range(4)) + "};" * 4),
)
