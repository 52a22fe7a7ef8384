"""What Xen refuses in a partial device tree: the domain's creation then ends the boot.

Source: `handle_prop_pfdt`, `handle_passthrough_prop`, `domain_handle_dtb_boot_module` (xen/arch/arm/dom0less-build.c,
4.20; from 4.21 xen/common/device-tree/dom0less-build.c), `map_device_irqs_to_domain`, `route_irq_to_guest`
(xen/arch/arm), `iommu_assign_dt_device` (xen/drivers/passthrough/device_tree.c), 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, cells, string
from colorcheck.xen.machine.host_devices import given_to_dom0, shared_interrupts

_GIC_PHANDLE = 0xFDE8  # GUEST_PHANDLE_GIC
_HIGHEST_PHANDLE = 0xFFFFFFFF  # no phandle at all
_DEFAULT_CELLS = (2, 1)
_SPI_STEP = 32
PATH, REG, FORCE = "xen,path", "xen,reg", "xen,force-assign-without-iommu"


class PassthroughHost(Struct, frozen=True):
    """The host that a partial tree takes devices from. `address_bits` is the reach of a P2M, `iommu` tells that Xen
    sets one up, `spis` are the interrupts that dom0 or Xen's console has, each with whose it is, `highest_phandle` that
    the release asks for phandles below Xen's own."""

    ancestry: Ancestry
    address_bits: int
    iommu: bool = False
    spis: dict[int, str] = {}
    phandles_below_gic: bool = False


class RefusedPartialTree(Struct, frozen=True):
    """The node of the partial tree at which Xen gives up, the property (empty: the node) and the reason."""

    node: Node
    key: str
    reason: str


def taken_interrupts(ancestry: Ancestry, uart: Node | None, *, has_dom0: bool) -> dict[int, str]:
    """The SPIs that no domain of the tree can have any more: Xen's console has its own, dom0 those of its devices."""
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
    """The nodes with the cells that Xen reads `xen,reg` in: those of the parent, which it does not inherit."""
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
                reason = f"its phandle {value:#x} leaves none below {_GIC_PHANDLE:#x}, which Xen keeps for itself"
                return RefusedPartialTree(node, name, reason)
    return None


def _refused(node: Node, sizes: tuple[int, int], host: PassthroughHost, spis: int | None) -> RefusedPartialTree | None:
    given, path = node.properties.get(REG), node.properties.get(PATH)
    force = FORCE in node.properties
    if given is None:
        return RefusedPartialTree(node, PATH, "it has a xen,path, but no xen,reg") if path is not None else None
    if path is None and not force:
        return RefusedPartialTree(node, REG, f"it has a xen,reg, but neither xen,path nor {FORCE}")
    wrong = _wrong_ranges(given.value, sizes, host)
    if wrong:
        return RefusedPartialTree(node, REG, wrong)
    if path is None:
        return None
    named = string(node, PATH) or ""
    device = host.ancestry.tree.node(named)
    if device is None:
        return RefusedPartialTree(node, PATH, f"the host has no node {named}")
    wrong = _wrong_interrupt(device, host, spis) or ("" if force else _unprotected(device, host))
    return RefusedPartialTree(node, PATH, wrong) if wrong else None


def _wrong_ranges(value: bytes, sizes: tuple[int, int], host: PassthroughHost) -> str:
    address, size = sizes
    if not (1 <= address <= 2 and 1 <= size <= 2):
        return f"xen,reg takes one or two cells for an address and a size, not {address} and {size}"
    values, width = cells(value), 2 * address + size
    for at in range(0, len(values) - width + 1, width):
        start = _number(values[at : at + address])
        length = _number(values[at + address : at + address + size])
        guest = _number(values[at + address + size : at + width])
        if (start | length | guest) % PAGE:
            return f"xen,reg {start:#x}+{length:#x} at {guest:#x} is not in whole pages"
        if length and (guest + length - 1) >> host.address_bits:
            return f"the guest address {guest:#x} is beyond the {host.address_bits} bits of a P2M"
    return ""


def _number(values: tuple[int, ...] | list[int]) -> int:
    found = 0
    for value in values:
        found = found << 32 | value
    return found


def _wrong_interrupt(device: Node, host: PassthroughHost, spis: int | None) -> str:
    for spi, _ in shared_interrupts(host.ancestry, device):
        if spi in host.spis:
            return f"the interrupt SPI {spi} of {device.path} belongs to {host.spis[spi]}"
        if spis is not None and spi >= -(-spis // _SPI_STEP) * _SPI_STEP:
            return f"{device.path} has the interrupt SPI {spi}, beyond nr_spis = {spis}"
    return ""


def _unprotected(device: Node, host: PassthroughHost) -> str:
    """Why Xen does not assign the device where nothing forces it to: it is behind no IOMMU."""
    advice = f"(or write {FORCE})"
    if not host.iommu:
        return f"Xen sets up no IOMMU, which {device.path} needs {advice}"
    masters = any("mmu-masters" in node.properties for node in host.ancestry.tree.root.walk())
    if "iommus" not in device.properties and not masters:
        return f"{device.path} is behind no IOMMU {advice}"
    return ""
