"""An ImageBuilder configuration needs a shell to be read.

What it checks: that each line of an ImageBuilder configuration is an assignment of a literal value.

Why it matters: ImageBuilder runs the file as a shell script; colorcheck does not. The result of a command or an
expansion is not known, so it is not checked.

What it cannot see: nothing; the files alone determine this.

Source: ImageBuilder (`uboot-script-gen`), which reads its configuration with the shell's `source`.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import ARM64_IMAGE, BOOT_ARGUMENTS, Example
from colorcheck.rules.from_notes import from_notes


def built(more: str = "", *, domains: str = "0", files: bool = True) -> Example:
    """A deployment whose boot arguments, dom0 and domains ImageBuilder writes; `more` has further assignments."""
    config = f"""MEMORY_START="0x0"
MEMORY_END="0x80000000"
DEVICE_TREE="board.dtb"
XEN="xen"
XEN_CMD="{BOOT_ARGUMENTS}"
DOM0_KERNEL="Image"
NUM_DOMUS={domains}
"""
    there = (("Image", ARM64_IMAGE), ("xen", ARM64_IMAGE), ("board.dtb", "")) if files else ()
    memory = 'memory = ["0x0+0x80000000"]'
    inputs = 'image-builder = "config"'
    return Example(kernel="", target=memory, inputs=inputs, files=(("config", config + more), *there))


RULE = from_notes(
    "CC011",
    "needs-a-shell",
    Severity.ERROR,
    __doc__,
    "write the value itself",
    bad=built(domains="$(ls guests | wc -l)"),
    good=built(domains="0"),
)
