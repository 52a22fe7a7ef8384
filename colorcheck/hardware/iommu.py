"""IOMMUs in a device tree: whether they are enabled and supported by Xen, and the DMA masters behind them.

Sources: Linux bindings iommu.txt and pci-iommu.txt; the match tables of smmu.c, smmu-v3.c and ipmmu-vmsa.c in
xen/drivers/passthrough/arm, Xen 4.20.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, available, cell, cells, strings

DRIVEN = ("arm,smmu-v1", "arm,smmu-v2", "arm,mmu-400", "arm,mmu-401", "arm,mmu-500", "arm,smmu-v3")
DRIVEN_PREFIXES = ("renesas,ipmmu-r8a7795", "renesas,ipmmu-r8a7796", "renesas,ipmmu-r8a77965", "renesas,ipmmu-r8a779")


class Iommu(Struct, frozen=True):
    """An IOMMU node. `driven`: whether Xen has a driver for it."""

    node: Node
    compatible: str
    enabled: bool
    driven: bool


class DmaMaster(Struct, frozen=True):
    """An enabled device and the node paths of the IOMMUs in its `iommus` or `iommu-map`."""

    node: Node
    iommus: tuple[str, ...]


class IommuFacts(Struct, frozen=True):
    """The IOMMUs of a tree. `masters` are the enabled devices that name one."""

    iommus: tuple[Iommu, ...]
    masters: tuple[DmaMaster, ...]

    @property
    def usable(self) -> bool:
        """Whether Xen can drive an enabled IOMMU that has at least one master."""
        return any(self.protected(master) for master in self.masters)

    def protected(self, master: DmaMaster) -> bool:
        """Whether each IOMMU that a master names is enabled and driven by Xen."""
        good = {iommu.node.path for iommu in self.iommus if iommu.enabled and iommu.driven}
        return bool(master.iommus) and good.issuperset(master.iommus)

    @property
    def summary(self) -> str:
        """A summary in words, for a board; empty if there is no IOMMU."""
        parts = []
        for name in dict.fromkeys(iommu.compatible for iommu in self.iommus):
            same = [iommu for iommu in self.iommus if iommu.compatible == name]
            enabled = sum(iommu.enabled for iommu in same)
            driver = "" if same[0].driven else ", no driver in Xen"
            parts.append(f"{len(same)} {name} ({enabled} enabled{driver})")
        return ", ".join(parts) + f"; {len(self.masters)} DMA masters behind one" if parts else ""


@lru_cache(maxsize=16)
def iommu_facts(ancestry: Ancestry, left_out: frozenset[str] = frozenset()) -> IommuFacts:
    """The IOMMUs of a tree (every node with `#iommu-cells`, or of a kind that Xen supports) and their masters.

    `left_out` are kinds, by their compatible, whose driver this Xen is not built with.
    """
    iommus, masters = [], []
    for node in ancestry.tree.root.walk():
        names = strings(node.properties.get("compatible"))
        driven = next((name for name in names if _driven(name)), None)
        if "#iommu-cells" in node.properties or driven:
            usable = available(node) and _ancestors_available(ancestry, node)
            kind = driven or next(iter(names), node.name)
            iommus.append(Iommu(node, kind, usable, driven is not None and driven not in left_out))
        named = _named(ancestry, node)
        if named and available(node) and _ancestors_available(ancestry, node):
            masters.append(DmaMaster(node, named))
    return IommuFacts(tuple(iommus), tuple(masters))


def _driven(name: str) -> bool:
    return name in DRIVEN or name.startswith(DRIVEN_PREFIXES)


def _ancestors_available(ancestry: Ancestry, node: Node) -> bool:
    return all(available(above) for above in ancestry.ancestors(node))


def _named(ancestry: Ancestry, node: Node) -> tuple[str, ...]:
    """The paths of the IOMMUs that a node names."""
    found = node.properties.get("iommus")
    handles: list[int] = []
    if found is not None:
        values = cells(found.value)
        position = 0
        while position < len(values):
            handles.append(values[position])
            target = ancestry.by_phandle(values[position])
            width = cell(target, "#iommu-cells") if target else None
            position += 1 + (1 if width is None else width)
    mapped = node.properties.get("iommu-map")
    if mapped is not None:
        handles += cells(mapped.value)[1::4]
    targets = (ancestry.by_phandle(handle) for handle in handles)
    return tuple(dict.fromkeys(target.path if target else "" for target in targets))
