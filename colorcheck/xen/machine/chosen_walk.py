"""The walk over the nodes below `/chosen`: boot modules, dom0less domains, static shared memory, in Xen's order.

Source: `early_scan_node`, `process_multiboot_node` (xen/arch/arm/bootfdt.c, 4.20; from 4.21
xen/common/device-tree/bootinfo-fdt.c).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import cell_sizes, compatible

MODULE = ("xen,multiboot-module", "multiboot,module")
"""Every boot module's node is compatible with one of these."""

_DEEPEST = 3  # levels below the root
_LONGEST_PATH = 91  # characters of a module's path


class Item(StrEnum):
    """The kinds of nodes that Xen recognizes below `/chosen`."""

    MODULE = "module"
    DOMAIN = "domain"
    SHARED_MEMORY = "shared-memory"


class VisitedNode(Struct, frozen=True):
    """A node that Xen visits.

    `sizes` are the cells of its own `reg`-like properties, addresses and sizes. For a module, `kind` is kernel, ramdisk
    or other, and `domain` the path of the dom0less domain directly above it, or empty.
    """

    item: Item
    node: Node
    sizes: tuple[int, int]
    kind: ModuleKind = ModuleKind.OTHER
    domain: str = ""


def below_chosen(tree: DeviceTree) -> Iterator[VisitedNode]:
    """The nodes that Xen visits below `/chosen`, in the order of the tree, whatever their `status`."""
    chosen = tree.node("/chosen")
    if chosen is not None:
        yield from _below(chosen, cell_sizes(tree.root), _Guess(), 2)


class _Guess:
    """Counts modules of unknown kind: the first is treated as a kernel, the second as a ramdisk."""

    def __init__(self) -> None:
        self.unknown = 0

    def kind(self, node: Node) -> ModuleKind:
        if compatible(node, "xen,linux-zimage", "multiboot,kernel"):
            return ModuleKind.KERNEL
        if compatible(node, "xen,linux-initrd", "multiboot,ramdisk"):
            return ModuleKind.RAMDISK
        if compatible(node, "xen,xsm-policy", "multiboot,device-tree"):
            return ModuleKind.OTHER
        self.unknown += 1
        return {1: ModuleKind.KERNEL, 2: ModuleKind.RAMDISK}.get(self.unknown, ModuleKind.OTHER)


def _below(parent: Node, outer: tuple[int, int], guess: _Guess, depth: int) -> Iterator[VisitedNode]:
    if depth > _DEEPEST:
        return
    sizes = cell_sizes(parent, *outer)
    for node in parent.children:
        if compatible(node, *MODULE):
            if len(node.path) <= _LONGEST_PATH:
                domain = parent.path if compatible(parent, "xen,domain") else ""
                yield VisitedNode(Item.MODULE, node, sizes, guess.kind(node), domain)
        elif depth == 2 and compatible(node, "xen,domain"):
            yield VisitedNode(Item.DOMAIN, node, sizes)
        elif compatible(node, "xen,domain-shared-memory-v1"):
            yield VisitedNode(Item.SHARED_MEMORY, node, sizes)
        yield from _below(node, sizes, guess, depth + 1)


def unplaced(tree: DeviceTree) -> Iterator[Node]:
    """Boot modules without `reg`, and dom0less domains without a kernel: a boot loader has to add what is missing."""
    for found in below_chosen(tree):
        if found.item is Item.MODULE and "reg" not in found.node.properties:
            yield found.node
        if found.item is Item.DOMAIN and not any(compatible(each, "multiboot,kernel") for each in found.node.children):
            yield found.node


def dom0_kernel_unplaced(tree: DeviceTree | None) -> bool:
    """Whether the tree names a kernel for dom0 and leaves its address to the boot loader."""
    found = below_chosen(tree) if tree else ()
    modules = (
        each for each in found if each.item is Item.MODULE and each.kind is ModuleKind.KERNEL and not each.domain
    )
    return any("reg" not in each.node.properties for each in modules)
