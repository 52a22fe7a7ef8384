"""The device tree of a dump is dom0's, not the one that Xen was given.

What it checks: whether the tree in `system-dump` has the node by which Xen tells dom0 that it runs on Xen, if no other
device tree is named.

Why it matters: Xen makes that tree for dom0. Its memory, CPUs and `/chosen` are dom0's; domains that Xen builds at
boot, their modules and the devices that they or Xen keep are left out. Only the board can be taken from it; the other
facts of a device tree are not checked, and the run ends undecided.

What it cannot see: the content of the tree that Xen was given.

Source: `make_hypervisor_node`, `handle_node` (xen/arch/arm/domain_build.c, 4.20 to 4.22).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC027",
    "tree-of-dom0",
    Severity.WARNING,
    __doc__,
    "specify the tree that Xen was given as device-tree in [inputs]",
    untestable="the tree is a blob, or a folder with a file for each property",
)
