"""A device does DMA into colored memory without an IOMMU.

What it checks: devices of dom0, or given to a domain, that show a trace of DMA in the device tree and stand behind no
IOMMU that is enabled and that Xen can drive.

Why it matters: a colored dom0 is not mapped one to one any more: the addresses that its drivers program into a device
are not the machine's. Without an IOMMU the device reads and writes other memory, Xen's or another domain's included.

What it cannot see: devices that do DMA and show no trace of it in the tree, and drivers that translate by themselves.

Source: Xen's cache coloring guide and `create_dom0` (xen/arch/arm, 4.20.4): dom0 is not direct-mapped when colored.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Confidence, Finding, Related, Severity
from colorcheck.hardware.iommu import unprotected_dma
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import colored, releases
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import DomainKind

_SHOWN = 5


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for all devices that a colored dom0 keeps, and one for each that is given away."""
    tree = facts.deployment.tree
    systems = colored(facts)
    if tree is None or not systems:
        return
    devices = unprotected_dma(Ancestry(tree))
    given = [node for node in devices if "xen,passthrough" in node.properties]
    kept = [node for node in devices if node not in given]
    dom0 = any(domain.kind is DomainKind.DOM0 for _, system in systems for domain in system.domains)
    when = on(facts, releases(systems))
    if kept and dom0:
        yield _finding(kept, f"dom0 has {_counted(kept)} without an IOMMU{when}")
    for node in given:
        yield _finding([node], f"{node.path} is given to a domain, does DMA and has no IOMMU{when}")


def _finding(nodes: list[Node], message: str) -> Finding:
    return RULE.finding(
        f"{message}: its DMA goes to addresses that colored memory does not have",
        nodes[0].location,
        'enable the IOMMU and give each master its iommus property, or disable the device (status = "disabled")',
        confidence=Confidence.MEDIUM,
        related=[Related(node.location, node.path) for node in nodes[1:_SHOWN]],
    )


def _counted(nodes: list[Node]) -> str:
    if len(nodes) == 1:
        return f"a DMA-capable device ({nodes[0].path})"
    return f"{len(nodes)} DMA-capable devices ({nodes[0].path}, …)"


_DEVICE = """ethernet@ff0e0000 {{
        compatible = "cdns,zynqmp-gem";
        reg = <0x0 0xff0e0000 0x0 0x1000>;
        dma-coherent;
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
