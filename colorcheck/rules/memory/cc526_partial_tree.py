"""What a partial device tree maps into its domain is not known.

What it checks: the partial device trees of dom0less domains (`multiboot,device-tree`): whether their content is known.

Why it matters: a partial tree can map anyone's memory, and Xen checks nothing.

What it cannot see: the tree, until `[[target.modules]]` names it by its address.

Source: `handle_passthrough_prop` (xen/common/device-tree/dom0less-build.c), measured
on 4.20 to 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import PartialTreeUnread
from colorcheck.xen.notes.sentences import tree_unread

says(PartialTreeUnread)(tree_unread)

_DOMAIN = """domU1 { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
    memory = <0x0 0x10000>; cpus = <1>; llc-colors = "11-12";
    module@8000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x8000000 0x0 0x10000>; };
    module@8200000 { compatible = "multiboot,device-tree", "multiboot,module"; reg = <0x0 0x8200000 0x0 0x1000>; };
};"""

RULE = from_notes(
    "CC526",
    "partial-tree",
    Severity.WARNING,
    __doc__,
    "name it: [[target.modules]] with the module's address and the file",
    bad=Example(chosen=_DOMAIN),
    good=Example(),
)
