"""An ImageBuilder configuration needs a shell to be read.

What it checks: that each line of an ImageBuilder configuration is an assignment whose value stands there.

Why it matters: ImageBuilder runs the file as a shell script; colorcheck does not. What a command or an expansion would
give is not known, so it is not checked.

What it cannot see: nothing; the files alone decide this.

Source: ImageBuilder (`uboot-script-gen`), which reads its configuration with the shell's `source`.
"""

from __future__ import annotations

from colorcheck.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.told import told

CONFIG = """MEMORY_START="0x0"
MEMORY_END="0x80000000"
DEVICE_TREE="board.dtb"
XEN="xen"
DOM0_KERNEL="Image"
NUM_DOMUS={}
"""

RULE = told(
    "CC011",
    "needs-a-shell",
    Severity.ERROR,
    __doc__,
    ("needs-shell",),
    "write the value itself",
    bad=Example(inputs='image-builder = "config"', files=(("config", CONFIG.format("$(ls guests | wc -l)")),)),
    good=Example(inputs='image-builder = "config"', files=(("config", CONFIG.format("0")),)),
)
