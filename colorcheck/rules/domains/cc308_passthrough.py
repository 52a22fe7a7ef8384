"""A guest gets a device, and no IOMMU can be used.

What it checks: devices that are given to guests and dom0less domains while coloring is on, in a device tree without an
enabled IOMMU that Xen can drive, or, for `dtdev`, without one in front of this very device.

Why it matters: the domain's frames are scattered over the memory. Without an IOMMU a device does not go through its
P2M, and its DMA goes to the wrong frames.

What it cannot see: whether the device does DMA at all; one that does not is harmless.

Source: Xen's passthrough guide for Arm; colored domains are never direct-mapped (Xen 4.20 to 4.22).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Confidence, Finding, Severity
from colorcheck.core.source import Location, Passage
from colorcheck.hardware.bus_masters import Device, bus_masters
from colorcheck.hardware.iommu import iommu_facts
from colorcheck.hardware.master_kinds import Dma
from colorcheck.inputs.device_tree.tree_walk import ancestry_of
from colorcheck.inputs.xl.xl_values import XlList
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule, on, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.facts.iommu_driver import left_out
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.notes.domains import Passthrough


@says(Passthrough)
def _passthrough(note: Passthrough) -> str:
    if note.owner is DomainKind.XL:
        return f"{note.domain} gets devices ({note.node}): their DMA needs an IOMMU to reach its colored memory"
    return f"{note.domain} gets devices: its memory is colored, so their DMA needs an IOMMU to reach it"


KINDS = (Passthrough,)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain that gets devices without a usable IOMMU."""
    tree = facts.deployment.tree
    if tree is None:
        return
    without = left_out(facts.deployment)
    usable, devices = iommu_facts(ancestry_of(tree), without).usable, bus_masters(tree, without)
    for what in seen(facts, *KINDS):
        if usable and not any(_astray(devices.at(path)) for path in _named(facts, what.location)):
            continue
        yield RULE.finding(
            f"{what.message}{on(facts, what.releases)}",
            what.location,
            "enable the IOMMU and give the device its iommus property, or make sure that it does no DMA",
            confidence=Confidence.MEDIUM,
        )


def _named(facts: Facts, location: Location) -> Iterator[str]:
    """The devices that `dtdev` of the guest names at this place."""
    for guest in facts.deployment.guests:
        setting = guest.setting("dtdev")
        if setting is not None and setting.value_location == location and isinstance(setting.written, XlList):
            yield from (item.text for item in setting.written.items if isinstance(item, Passage))


def _astray(device: Device | None) -> bool:
    return device is not None and device.dma is not Dma.NONE and not device.protected


_SMMU = """smmu: iommu@fd800000 { compatible = "arm,mmu-500"; reg = <0x0 0xfd800000 0x0 0x20000>; #iommu-cells = <1>; };
    ethernet@ff0e0000 { compatible = "cdns,zynqmp-gem"; reg = <0x0 0xff0e0000 0x0 0x1000>; iommus = <&smmu 0x877>; };"""
_GUEST = GUEST + 'dtdev = ["/ethernet@ff0e0000"]\n'

RULE = Rule(
    "CC308",
    "passthrough",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", _GUEST),), tree=_SMMU.replace("; #iommu", '; status = "disabled"; #iommu')),
    good=Example(guests=(("rt.cfg", _GUEST),), tree=_SMMU),
    kinds=KINDS,
)
