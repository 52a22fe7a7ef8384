"""Contents of a partial device tree that Xen refuses, so that the domain's creation ends the boot.

Source: `handle_prop_pfdt`, `handle_passthrough_prop`, `domain_handle_dtb_boot_module` (xen/arch/arm/dom0less-build.c,
4.20; from 4.21 xen/common/device-tree/dom0less-build.c), `map_device_irqs_to_domain`, `route_irq_to_guest`
(xen/arch/arm), `iommu_assign_dt_device` (xen/drivers/passthrough/device_tree.c), 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, cells, join, string
from colorcheck.xen.machine.host_devices import given_to_dom0, shared_interrupts
from colorcheck.xen.notes.domains import PartialTreeFault, PartialTreeRefusal

_GIC_PHANDLE = 0xFDE8  # GUEST_PHANDLE_GIC
_HIGHEST_PHANDLE = 0xFFFFFFFF  # no phandle at all
_DEFAULT_CELLS = (2, 1)
_SPI_STEP = 32
PATH, REG, FORCE = "xen,path", "xen,reg", "xen,force-assign-without-iommu"


class PassthroughHost(Struct, frozen=True):
    """The host from which a partial tree takes devices.

    `address_bits` is the address width of a P2M, `iommu` whether Xen sets one up, `spis` the interrupts of dom0 and
    Xen's console with their owners, `highest_phandle` whether the release requires phandles below Xen's own.
    """

    ancestry: Ancestry
    address_bits: int
    iommu: bool = False
    spis: dict[int, str] = {}
    phandles_below_gic: bool = False


class RefusedPartialTree(Struct, frozen=True):
    """The node of the partial tree at which Xen gives up, the property (empty: the node) and the reason."""

    node: Node
    key: str
    refusal: PartialTreeRefusal


def taken_interrupts(ancestry: Ancestry, uart: Node | None, *, has_dom0: bool) -> dict[int, str]:
    """The SPIs that are not available to domains of the tree: that of Xen's console, and those of dom0's devices."""
    found = {spi: "Xen's console" for spi, _ in (shared_interrupts(ancestry, uart) if uart is not None else ())}
    for node in given_to_dom0(ancestry, uart) if has_dom0 else ():
        if "xen,passthrough" not in node.properties:
            found.update((spi, f"dom0 ({node.path})") for spi, _ in shared_interrupts(ancestry, node))
    return found


def why_refused(tree: DeviceTree, host: PassthroughHost, spis: int | None) -> RefusedPartialTree | None:
    """The first thing in a partial tree at which Xen gives up; `spis` is the domain's `nr_spis`."""
    if host.phandles_below_gic and (high := _high_phandle(tree)) is not None:
        return high
    for top in tree.root.children:
        if top.name.lower() == "passthrough":
            for node, sizes in _with_cells(top, _DEFAULT_CELLS):
                reason = _refused(node, sizes, host, spis)
                if reason is not None:
                    return reason
    return None


def _with_cells(node: Node, sizes: tuple[int, int]) -> Iterator[tuple[Node, tuple[int, int]]]:
    """The nodes with the cells in which Xen reads `xen,reg`: those of the parent, which are not inherited."""
    yield node, sizes
    own = [cell(node, name) for name in ("#address-cells", "#size-cells")]
    below = tuple(default if value is None else value for value, default in zip(own, _DEFAULT_CELLS, strict=True))
    for child in node.children:
        yield from _with_cells(child, (below[0], below[1]))


def _high_phandle(tree: DeviceTree) -> RefusedPartialTree | None:
    """A node with a phandle from 0xfde7 on: Xen takes the next one, which must be below its interrupt controller's."""
    for node in tree.root.walk():
        for name in ("phandle", "linux,phandle"):
            value = cell(node, name)
            if value is not None and _GIC_PHANDLE - 1 <= value < _HIGHEST_PHANDLE:
                refusal = PartialTreeRefusal(PartialTreeFault.HIGH_PHANDLE, (value, _GIC_PHANDLE))
                return RefusedPartialTree(node, name, refusal)
    return None


def _refused(node: Node, sizes: tuple[int, int], host: PassthroughHost, spis: int | None) -> RefusedPartialTree | None:
    given, path = node.properties.get(REG), node.properties.get(PATH)
    force = FORCE in node.properties
    if given is None:
        missing = PartialTreeRefusal(PartialTreeFault.NO_REG)
        return RefusedPartialTree(node, PATH, missing) if path is not None else None
    if path is None and not force:
        return RefusedPartialTree(node, REG, PartialTreeRefusal(PartialTreeFault.NO_PATH))
    wrong = _wrong_ranges(given.value, sizes, host)
    if wrong is not None:
        return RefusedPartialTree(node, REG, wrong)
    if path is None:
        return None
    named = string(node, PATH) or ""
    device = host.ancestry.tree.node(named)
    if device is None:
        return RefusedPartialTree(node, PATH, PartialTreeRefusal(PartialTreeFault.NO_HOST_NODE, device=named))
    wrong = _wrong_interrupt(device, host, spis) or (None if force else _unprotected(device, host))
    return RefusedPartialTree(node, PATH, wrong) if wrong is not None else None


def _wrong_ranges(value: bytes, sizes: tuple[int, int], host: PassthroughHost) -> PartialTreeRefusal | None:
    address, size = sizes
    if not (1 <= address <= 2 and 1 <= size <= 2):
        return PartialTreeRefusal(PartialTreeFault.CELLS, (address, size))
    values, width = cells(value), 2 * address + size
    for at in range(0, len(values) - width + 1, width):
        start = join(values[at : at + address])
        length = join(values[at + address : at + address + size])
        guest = join(values[at + address + size : at + width])
        if (start | length | guest) % PAGE:
            return PartialTreeRefusal(PartialTreeFault.NOT_PAGES, (start, length, guest))
        if length and (guest + length - 1) >> host.address_bits:
            return PartialTreeRefusal(PartialTreeFault.BEYOND_ADDRESSES, (guest, host.address_bits))
    return None


def _wrong_interrupt(device: Node, host: PassthroughHost, spis: int | None) -> PartialTreeRefusal | None:
    for spi, _ in shared_interrupts(host.ancestry, device):
        if spi in host.spis:
            return PartialTreeRefusal(PartialTreeFault.TAKEN_INTERRUPT, (spi,), device.path, host.spis[spi])
        if spis is not None and spi >= -(-spis // _SPI_STEP) * _SPI_STEP:
            return PartialTreeRefusal(PartialTreeFault.INTERRUPT_BEYOND_LIMIT, (spi, spis), device.path)
    return None


def _unprotected(device: Node, host: PassthroughHost) -> PartialTreeRefusal | None:
    """Why Xen does not assign the device without being forced: it is not behind an IOMMU."""
    if not host.iommu:
        return PartialTreeRefusal(PartialTreeFault.NO_IOMMU, device=device.path)
    masters = any("mmu-masters" in node.properties for node in host.ancestry.tree.root.walk())
    if "iommus" not in device.properties and not masters:
        return PartialTreeRefusal(PartialTreeFault.NOT_BEHIND_IOMMU, device=device.path)
    return None
