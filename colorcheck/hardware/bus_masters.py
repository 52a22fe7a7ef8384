"""Finds the devices of a tree that access memory by themselves, and those that are not behind an IOMMU that Xen drives.

By principle: every enabled device on the memory bus is a bus master, is of a kind that never is one, or may be one. A
device on a bus without memory addresses (I2C, SPI, MDIO, USB) accesses memory only through the controller of that bus;
a device that names a DMA controller (`dmas`) uses that one, which has its own node.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from colorcheck.hardware.iommu import iommu_facts
from colorcheck.hardware.master_kinds import Dma, kind_of
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, ancestry_of, available, string

# Only a device that accesses memory by itself is coherent or behind an IOMMU.
SIGNS = ("iommus", "iommu-map", "dma-coherent", "mmu-masters")
_NO_DEVICES = ("/cpus", "/chosen", "/reserved-memory", "/memory", "/firmware", "/aliases", "/options")


class Device(Struct, frozen=True):
    """An enabled device, whether it is a bus master, its kind, and whether an IOMMU confines it.

    `passthrough`: Xen withholds it from dom0 to give it to a domain (`xen,passthrough`).
    """

    node: Node
    dma: Dma
    kind: str
    protected: bool = False
    passthrough: bool = False


class BusMasters(Struct, frozen=True):
    """All enabled devices on the memory bus of a tree."""

    devices: tuple[Device, ...]

    def unprotected(self, dma: Dma, iommu: bool = True) -> tuple[Device, ...]:
        """The devices of this kind that no IOMMU confines; all of them if Xen is told to use none."""
        return tuple(found for found in self.devices if found.dma is dma and not (iommu and found.protected))

    def at(self, path: str) -> Device | None:
        return next((found for found in self.devices if found.node.path == path), None)


def bus_masters(tree: DeviceTree, left_out: frozenset[str] = frozenset()) -> BusMasters:
    """The enabled devices of a tree. A device that contains bus masters is classified by those. `left_out` are kinds of
    IOMMUs whose driver this Xen is not built with."""
    return _bus_masters(ancestry_of(tree), left_out)


@lru_cache(maxsize=16)
def _bus_masters(ancestry: Ancestry, left_out: frozenset[str]) -> BusMasters:
    facts = iommu_facts(ancestry, left_out)
    safe = {master.node.path for master in facts.masters if facts.protected(master)}
    walk = _Walk(ancestry, safe, {iommu.node.path for iommu in facts.iommus})
    inside = ancestry.tree.root.children
    return BusMasters(tuple(found for child in inside for found in walk.below(child, None, False)))


class _Walk:
    def __init__(self, ancestry: Ancestry, safe: set[str], iommus: set[str]) -> None:
        self.ancestry, self.safe, self.iommus = ancestry, safe, iommus

    def below(self, node: Node, owner: Device | None, given: bool) -> Iterator[Device]:
        """The devices at and below a node; `owner` is the bus master that it is part of."""
        if not available(node) or node.path.startswith(_NO_DEVICES) or string(node, "device_type") == "memory":
            return
        given = given or "xen,passthrough" in node.properties
        mine = self._device(node, owner, given)
        masters = mine if mine is not None and mine.dma is not Dma.NONE else owner
        inner = [found for child in node.children for found in self.below(child, masters, given)]
        wrapper = mine is not None and mine.dma is not Dma.NONE and any(found.dma is Dma.MASTER for found in inner)
        if mine is not None and not wrapper:
            yield mine
        yield from inner

    def _device(self, node: Node, owner: Device | None, given: bool) -> Device | None:
        if "compatible" not in node.properties:
            return None
        signs = any(sign in node.properties for sign in SIGNS) and node.path not in self.iommus
        kind = kind_of(node)
        mapped = any(region is not None for region in self.ancestry.regions(node))
        if not mapped and not signs and not (kind and kind.without_reg and kind.dma is Dma.MASTER):
            return None
        dma = kind.dma if kind else Dma.POSSIBLE
        if signs and not (kind and kind.dma is Dma.NONE and "ranges" in node.properties):
            dma = Dma.MASTER
        if dma is Dma.POSSIBLE and owner is not None:
            return None  # a part of that device
        protected = node.path in self.safe or (owner is not None and owner.protected)
        return Device(node, dma, kind.title if kind else "", protected, given)
