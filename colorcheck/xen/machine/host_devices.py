"""The devices that Xen maps into dom0, read from the host's device tree.

Source: `handle_node`, `handle_device`, `map_range_to_domain`, `map_device_children` (xen/arch/arm/domain_build.c and
device.c, 4.20–4.22). Which compatible strings count as interrupt controller, timer or IOMMU: the drivers' lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import (
    Ancestry,
    cell,
    cells,
    compatible,
    string,
    strings,
)
from colorcheck.xen.machine.mapping import Mapping

GIC_V2 = ("arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,gic-400", "arm,cortex-a9-gic")
GIC = (*GIC_V2, "arm,gic-v3")
_GIC_CELLS = 3
_MOST_VCPUS, _MOST_VCPUS_V2 = 128, 8
IOMMU = (
    "arm,mmu-400",
    "arm,mmu-401",
    "arm,mmu-500",
    "arm,smmu-v1",
    "arm,smmu-v2",
    "arm,smmu-v3",
    "cavium,smmu-v2",
    "renesas,ipmmu-r8a7795",
    "renesas,ipmmu-r8a77965",
    "renesas,ipmmu-r8a7796",
    "renesas,ipmmu-r8a779f0",
)
_TIMER = ("arm,armv7-timer", "arm,armv8-timer")
_SKIPPED = (
    "xen,xen",
    "xen,domain",
    "xen,multiboot-module",
    "multiboot,module",
    "arm,psci",
    "arm,psci-0.2",
    "arm,psci-1.0",
    "arm,cortex-a7-pmu",
    "arm,cortex-a15-pmu",
    "arm,cortex-a53-edac",
    "arm,armv8-pmuv3",
    "arm,armv7-timer-mem",
    "xen,domain-shared-memory-v1",
)


def most_vcpus(tree: DeviceTree) -> int:
    """The most vCPUs of a domain: 8 on a GICv2, otherwise Xen's build limit (`vgic_max_vcpus`, MAX_VIRT_CPUS)."""
    waiting = list(tree.root.children)
    while waiting:
        node = waiting.pop()
        if compatible(node, *GIC_V2) and "interrupt-controller" in node.properties:
            return _MOST_VCPUS_V2
        waiting += node.children
    return _MOST_VCPUS


_DRIVEN = (
    "amlogic,meson",
    "arm,pl011",
    "arm,sbsa-uart",
    "brcm,bcm2835-aux-uart",
    "cdns,uart-r1p",
    "fsl,imx8qxp-lpuart",
    "fsl,s32v234-linflexuart",
    "marvell,armada-3700-uart",
    "ns16550",
    "nxp,s32g",
    "renesas,scif",
    "samsung,exynos4210-uart",
    "snps,dw-apb-uart",
    "ti,am654-uart",
    "ti,omap4-uart",
)  # prefixes of the compatible strings for which Xen has a driver (xen/drivers/char, 4.20 to 4.22)


def is_driven(uart: Node) -> bool:
    """Whether Xen has a driver for this UART, so that it takes its interrupt."""
    return any(name.startswith(_DRIVEN) for name in strings(uart.properties.get("compatible")))


def console(ancestry: Ancestry, consoles: str, path: str) -> Node | None:
    """The UART that Xen keeps for itself: `path` (its option `dtuart`), otherwise the tree's `stdout-path`.

    None if `consoles` (its option `console`) does not include `dtuart` (`dt_uart_init`).
    """
    if not any(each.startswith("dtuart") for each in consoles.split(",")):
        return None
    chosen = ancestry.tree.node("/chosen")
    found = path or (chosen and string(chosen, "stdout-path"))
    return ancestry.resolve(found) if found else None


def mapped_into_dom0(ancestry: Ancestry, uart: Node | None) -> Iterator[Mapping]:
    """The ranges that Xen maps one to one into dom0, node by node, including disabled nodes."""
    return (mapping for _, mapping in device_mappings(ancestry, uart))


def device_mappings(ancestry: Ancestry, uart: Node | None) -> Iterator[tuple[Node, Mapping]]:
    """Like `mapped_into_dom0`, each range with its node."""
    return _below(ancestry, ancestry.tree.root, uart)


def _below(ancestry: Ancestry, node: Node, uart: Node | None) -> Iterator[tuple[Node, Mapping]]:
    if _skipped(ancestry, node) or (uart is not None and node.path == uart.path):
        yield from ((node, frames) for frames in _message_frames(ancestry, node))
        return
    if "xen,passthrough" not in node.properties:
        for region in ancestry.regions(node):
            if region is not None:
                yield node, _mapping(*region)
        yield from ((node, window) for window in _pci_windows(ancestry, node))
    for child in node.children:
        yield from _below(ancestry, child, uart)


def given_to_dom0(ancestry: Ancestry, uart: Node | None) -> Iterator[Node]:
    """The nodes that Xen gives to dom0 as devices: all but those that it skips, passed-through ones included."""
    waiting = [ancestry.tree.root]
    while waiting:
        node = waiting.pop()
        if _skipped(ancestry, node) or (uart is not None and node.path == uart.path):
            continue
        yield node
        waiting += reversed(node.children)


def shared_interrupts(ancestry: Ancestry, node: Node) -> Iterator[tuple[int, int]]:
    """The shared interrupts (SPIs) of a node at the GIC, each with its flags."""
    listed = node.properties.get("interrupts-extended")
    if listed is not None:
        values, at = cells(listed.value), 0
        while at + 1 < len(values) and (controller := ancestry.by_phandle(values[at])) is not None:
            width = cell(controller, "#interrupt-cells") or 3
            entry = values[at + 1 : at + 1 + width]
            if compatible(controller, *GIC) and len(entry) == width >= _GIC_CELLS and entry[0] == 0:
                yield entry[1], entry[2]
            at += 1 + width
        return
    found, controller = node.properties.get("interrupts"), _interrupt_parent(ancestry, node)
    if found is None or controller is None or not compatible(controller, *GIC):
        return
    width = cell(controller, "#interrupt-cells") or 3
    values = cells(found.value)
    for at in range(0, len(values) - width + 1, width):
        if width >= _GIC_CELLS and values[at] == 0:
            yield values[at + 1], values[at + 2]


def _message_frames(ancestry: Ancestry, node: Node) -> Iterator[Mapping]:
    """The message frames of a GICv2, which Xen maps into dom0 (`gicv2_map_hwdom_extra_mappings`)."""
    if compatible(node, *GIC_V2):
        for child in node.children:
            if compatible(child, "arm,gic-v2m-frame"):
                yield from (_mapping(*region) for region in ancestry.regions(child) if region is not None)


def _mapping(address: int, size: int) -> Mapping:
    return Mapping(address // PAGE, -(-size // PAGE), blocks=True)


def _pci_windows(ancestry: Ancestry, node: Node) -> Iterator[Mapping]:
    if string(node, "device_type") != "pci":
        return
    for window in ancestry.bridges(node) or ():
        address = ancestry.translate(window.parent, node)
        if address is not None:
            yield _mapping(address, window.size)


_RASPBERRY_PI_4 = ("brcm,bcm2835-aux-spi", "brcm,bcm2835-aux", "brcm,bcm2835-pm")
_BLACKLISTS = (("brcm,bcm2711", _RASPBERRY_PI_4),)  # for platforms (xen/arch/arm/platforms), by the root's compatible


def _blacklisted(ancestry: Ancestry, node: Node) -> bool:
    root = ancestry.tree.root
    return any(compatible(root, soc) and compatible(node, *names) for soc, names in _BLACKLISTS)


def _skipped(ancestry: Ancestry, node: Node) -> bool:
    return (
        _blacklisted(ancestry, node)
        or node.path in ("/cpus", "/psci", "/pmu")
        or string(node, "device_type") == "memory"
        or compatible(node, *_SKIPPED, *_TIMER, *GIC, *IOMMU)
        or _uses_ppi(ancestry, node)
    )


def _uses_ppi(ancestry: Ancestry, node: Node) -> bool:
    """Whether an interrupt of the node is private to a CPU: type 1 at the interrupt controller."""
    if (found := node.properties.get("interrupts")) is not None:
        controller = _interrupt_parent(ancestry, node)
        if controller is not None and compatible(controller, *GIC):
            width = cell(controller, "#interrupt-cells") or 3
            return any(kind == 1 for kind in cells(found.value)[::width])
    return any(kind == 1 for kind in _extended_kinds(ancestry, node))


def _extended_kinds(ancestry: Ancestry, node: Node) -> Iterator[int]:
    found = node.properties.get("interrupts-extended")
    values = cells(found.value) if found else ()
    position = 0
    while position + 1 < len(values):
        controller = ancestry.by_phandle(values[position])
        if controller is None:
            return
        if compatible(controller, *GIC):
            yield values[position + 1]
        position += 1 + (cell(controller, "#interrupt-cells") or 3)


def _interrupt_parent(ancestry: Ancestry, node: Node) -> Node | None:
    """The controller of a node's interrupts: up the tree, or where `interrupt-parent` leads, to the first node with
    `#interrupt-cells` (`dt_irq_find_parent`).
    """
    met: set[str] = set()
    at: Node | None = node
    while at is not None and at.path not in met:
        met.add(at.path)
        handle = cell(at, "interrupt-parent")
        at = ancestry.by_phandle(handle) if handle is not None else ancestry.parent(at)
        if at is not None and "#interrupt-cells" in at.properties:
            return at
    return None
