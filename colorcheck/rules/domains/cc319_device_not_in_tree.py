"""A guest is given a device that is not in the device tree.

What it checks: each path in `dtdev` of an xl file against the nodes of the device tree.

Why it matters: Xen looks for a node of exactly this path, finds none and refuses to assign the device; xl then stops
creating the guest. Aliases and labels are not paths.

What it cannot see: nodes that a boot loader adds to the tree, unless a script or overlay shows it.

Source: xl.cfg(5), `dtdev`; Xen looks the path up with `dt_find_node_by_gpath` for XEN_DOMCTL_assign_device
(`iommu_do_dt_domctl`, Xen 4.20).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Confidence, Finding, Severity
from colorcheck.core.source import Passage
from colorcheck.core.suggest import did_you_mean
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.xl.xl_values import XlList
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each path that is not in the tree."""
    tree = facts.deployment.tree
    if tree is None:
        return
    for guest in facts.deployment.guests:
        for passage in _paths(guest.setting("dtdev")):
            if tree.node(passage.text) is None:
                yield RULE.finding(
                    f'the device tree has no node "{passage.text}": xl cannot create this guest',
                    passage.whole,
                    _nearest(tree, passage.text),
                    confidence=Confidence.MEDIUM,
                )


def _paths(setting: object) -> Iterator[Passage]:
    written = getattr(setting, "written", None)
    if isinstance(written, XlList):
        yield from (item for item in written.items if isinstance(item, Passage))


def _nearest(tree: DeviceTree, wanted: str) -> str:
    """A suggestion: the path of a node of this name elsewhere, or the most similar path."""
    paths = [path for path, _ in _nodes(tree.root, "")]
    name = wanted.rstrip("/").rpartition("/")[2]
    same = [path for path in paths if path.rpartition("/")[2] == name]
    if len(same) == 1:
        return f'did you mean "{same[0]}"?'
    return did_you_mean(wanted, paths, "write the full path of the device's node, as in /axi/ethernet@ff0e0000")


def _nodes(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    for child in node.children:
        below = f"{path}/{child.name}"
        yield below, child
        yield from _nodes(child, below)


_DEVICE = """smmu: iommu@fd800000 { compatible = "arm,mmu-500"; reg = <0x0 0xfd800000 0x0 0x20000>;
    #iommu-cells = <1>; };
    ethernet@ff0e0000 { compatible = "cdns,zynqmp-gem"; reg = <0x0 0xff0e0000 0x0 0x1000>; iommus = <&smmu 0x877>; };"""

RULE = Rule(
    "CC319",
    "device-not-in-tree",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST + 'dtdev = ["/axi/ethernet@ff0e0000"]\n'),), tree=_DEVICE),
    good=Example(guests=(("rt.cfg", GUEST + 'dtdev = ["/ethernet@ff0e0000"]\n'),), tree=_DEVICE),
)
