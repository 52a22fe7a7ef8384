"""A boot module is not within memory.

What it checks: the address range of every boot module against the memory banks.

Why it matters: Xen boots, copies what it can, and crashes later when it frees the module and scrubs memory that is
not there.

What it cannot see: whether the boot loader really put the module there.

Source: measured on 4.20: "CPU0: Unexpected Trap: Data Abort" in the idle scrubber.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.machine import ModuleOutsideMemory


@says(ModuleOutsideMemory)
def _module_outside_memory(note: ModuleOutsideMemory) -> str:
    return f"{note.module} at {note.start:#x}-{note.end:#x} is not within memory"


_MODULE = """module@{0} {{
            compatible = "multiboot,kernel", "multiboot,module";
            reg = <0x0 0x{0} 0x0 0x1000000>;
        }};"""

RULE = from_notes(
    "CC515",
    "module-outside-memory",
    Severity.ERROR,
    __doc__,
    "load the module into memory, or correct the memory node",
    bad=Example(kernel=_MODULE.format("90000000")),
    good=Example(kernel=_MODULE.format("1000000")),
)
