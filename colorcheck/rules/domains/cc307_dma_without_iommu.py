"""A device does DMA into colored memory without an IOMMU.

What it checks: every enabled device on the memory bus of dom0, or given to a domain. A device accesses memory by
itself, is of a kind that never does (a clock, a GPIO, a UART, …), or may do so, if its kind is not known. Those that do
and those that may are counted unless they are behind an IOMMU that is enabled, that Xen can drive and that it may use.
By default, Xen is built without the drivers of SMMUv3 and of Renesas' IPMMU.

Why it matters: a colored dom0 is no longer mapped one to one: the addresses that its drivers program into a device
are not the machine's. Without an IOMMU the device reads and writes other memory, Xen's or another domain's included.

What it cannot see: devices that the tree leaves out, and drivers that translate by themselves. A device that may do
DMA is counted, and is named only if nothing worse is found.

Source: Xen's cache coloring guide and `create_dom0` (xen/arch/arm, 4.20.4): dom0 is not direct-mapped when colored;
the kinds of devices: `boards/common/masters.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Confidence, Finding, Related, Severity
from colorcheck.hardware.bus_masters import Device, bus_masters
from colorcheck.hardware.master_kinds import Dma
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import colored, releases
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.facts.iommu_driver import left_out
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.options.iommu import iommu_enabled

_SHOWN = 8


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for all devices that a colored dom0 keeps, and one for each device given to another domain."""
    tree = facts.deployment.tree
    systems = colored(facts)
    if tree is None or not systems:
        return
    found = bus_masters(tree, left_out(facts.deployment))
    used = all(iommu_enabled(system.arguments) for _, system in systems)
    masters, possible = (found.unprotected(dma, used) for dma in (Dma.MASTER, Dma.POSSIBLE))
    dom0 = any(domain.kind is DomainKind.DOM0 for _, system in systems for domain in system.domains)
    when = on(facts, releases(systems)) + ("" if used else " (disabled by Xen's boot arguments)")
    kept, unsure = ([device for device in devices if not device.passthrough] for devices in (masters, possible))
    if kept and dom0:
        also = f", and {len(unsure)} that may do DMA" if unsure else ""
        yield _finding(kept, f"dom0 has {_counted(kept, 'DMA-capable')} without an IOMMU{also}{when}")
    elif unsure and dom0:
        yield _finding(unsure, f"dom0 has {_counted(unsure, 'possibly DMA-capable')} without an IOMMU{when}")
    for device in (*masters, *possible):
        if device.passthrough:
            does = "does DMA" if device.dma is Dma.MASTER else "may do DMA"
            yield _finding([device], f"{device.node.path} is given to a domain, {does} and has no IOMMU{when}")


def _finding(devices: list[Device], message: str) -> Finding:
    return RULE.finding(
        f"{message}: its DMA uses addresses that are not those of colored memory",
        devices[0].node.location,
        'enable the IOMMU and give each master its iommus property, or disable the device (status = "disabled")',
        confidence=Confidence.MEDIUM,
        related=[Related(device.node.location, _named(device)) for device in devices[1:_SHOWN]],
    )


def _named(device: Device) -> str:
    return f"{device.node.path} ({device.kind})" if device.kind else device.node.path


def _counted(devices: list[Device], which: str) -> str:
    if len(devices) == 1:
        return f"a {which} device ({devices[0].node.path})"
    return f"{len(devices)} {which} devices ({devices[0].node.path}, …)"


_DEVICE = """ethernet@ff0e0000 {{
        compatible = "cdns,zynqmp-gem";
        reg = <0x0 0xff0e0000 0x0 0x1000>;
        {}
    }};"""
_IOMMU = """smmu: iommu@fd800000 {
        compatible = "arm,mmu-500";
        reg = <0x0 0xfd800000 0x0 0x20000>;
        #iommu-cells = <1>;
    };
    """

RULE = Rule(
    "CC307",
    "dma-without-iommu",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(tree=_DEVICE.format("")),
    good=Example(tree=_IOMMU + _DEVICE.format("iommus = <&smmu 0x877>;")),
)
