"""Xen cannot give a device to dom0, or has no room for dom0's device tree.

What it checks: every node of the host's tree that Xen gives to dom0, disabled and passed-through ones too: a `reg` that
the buses above cannot translate or that is above the P2M's addresses, an interrupt that does not exist, has two
trigger types or is the console's own; and more ranges of /reserved-memory than Xen's tree for dom0 has room for.

Why it matters: one such node is enough, and Xen panics when it builds dom0.

What it cannot see: platform quirks for which Xen leaves out nodes, except those of the Raspberry Pi 4.

Source: `handle_device` (xen/arch/arm/device.c), `prepare_dtb_hwdom` (xen/arch/arm/domain_build.c), 4.20 to 4.22;
measured on 4.20 and 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import DeviceFault, Dom0DeviceRefused, Dom0TreeFull


@says(Dom0DeviceRefused)
def _dom0_device_refused(note: Dom0DeviceRefused) -> str:
    reasons = {
        DeviceFault.NO_SUCH_INTERRUPT: f"its interrupt SPI {note.number} does not exist",
        DeviceFault.OTHER_TRIGGER: f"SPI {note.number} has a different trigger than in {note.other}",
        DeviceFault.CONSOLE_INTERRUPT: f"its interrupt SPI {note.number} is that of Xen's console",
        DeviceFault.UNTRANSLATABLE: f"its reg {note.number:#x} is not within any range of the buses above it",
        DeviceFault.BEYOND_ADDRESSES: f"its reg ends at {note.number:#x}, above the {note.bits} bits of a P2M",
        DeviceFault.EMPTY_REG: "its reg has size 0, which stops a debug build",
    }
    return f"Xen cannot give the device {note.node} to dom0 and panics: {reasons[note.reason]}"


@says(Dom0TreeFull)
def _dom0_tree_full(note: Dom0TreeFull) -> str:
    return f"Xen's tree for dom0 has no room for {note.count} reserved ranges: it panics"


_BUS = "bus@f0000000 { #address-cells = <1>; #size-cells = <1>; ranges = <0x0 0x0 0xf0000000 0x10000>; %s };"

RULE = from_notes(
    "CC525",
    "dom0-devices",
    Severity.ERROR,
    __doc__,
    "delete the node from the tree that Xen gets, or correct its reg, ranges or interrupts",
    bad=Example(tree=_BUS % "dev@20000 { reg = <0x20000 0x1000>; };"),
    good=Example(tree=_BUS % "dev@2000 { reg = <0x2000 0x1000>; };"),
)
