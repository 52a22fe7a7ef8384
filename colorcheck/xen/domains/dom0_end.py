"""Failures of dom0 after it has its memory: devices that Xen cannot give to it, and the tree that Xen writes for it.

Xen handles every node of the host's tree that it does not keep for itself, including disabled and passed-through ones.
All of these panics were measured on 4.20 and 4.22 (the console's interrupt on 4.20, a Raspberry Pi 4).

Source: `handle_node`, `handle_device`, `map_device_irqs_to_domain`, `prepare_dtb_hwdom` (domain_build.c and device.c of
xen/arch/arm), `irq_set_spi_type`, `route_irq_to_guest` (xen/arch/arm/irq.c), 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, ranges_of, string
from colorcheck.xen.machine.host_devices import given_to_dom0, is_driven, shared_interrupts
from colorcheck.xen.notes.domains import DeviceFault, Dom0DeviceRefused

_MOST_SPIS = 988
_PER_RANGE = 16  # bytes of dom0's tree for each reserved range
_SLACK = (624, 880)  # bytes that Xen's tree is smaller than the host's; measured: 48 ranges fit, 64 do not
_TRIGGER = 0xF


class Stops(Struct, frozen=True):
    """A node at which Xen gives up building dom0, and why; `key` is the property, `text` a message that Xen prints
    in addition to the usual one.
    """

    node: Node
    fault: DeviceFault
    key: str
    number: int = 0
    bits: int = 0
    other: str = ""
    text: str = ""

    def note(self) -> Dom0DeviceRefused:
        """The note about it, at the property or the node."""
        found = self.node.properties.get(self.key)
        place = found.value_location if found else self.node.location
        return Dom0DeviceRefused(place, "dom0", self.node.path, self.fault, self.number, self.bits, self.other)


class Dom0DeviceLimits(Struct, frozen=True):
    """Limits for dom0's devices: the width of P2M addresses, and whether an empty `reg` stops this build."""

    address_bits: int
    empty_stops: bool = False


def stopping_devices(ancestry: Ancestry, uart: Node | None, host: Dom0DeviceLimits) -> Iterator[Stops]:
    """The nodes that stop dom0, in the order of the tree."""
    triggers: dict[int, tuple[int, Node]] = {}
    consoles = {spi for spi, _ in shared_interrupts(ancestry, uart)} if uart is not None and is_driven(uart) else set()
    for node in given_to_dom0(ancestry, uart):
        passed = "xen,passthrough" in node.properties
        yield from _registers(ancestry, node, host, passed=passed)
        for spi, flags in shared_interrupts(ancestry, node):
            if spi >= _MOST_SPIS:
                yield Stops(node, DeviceFault.NO_SUCH_INTERRUPT, "interrupts", spi)
            kind, other = triggers.setdefault(spi, (flags & _TRIGGER, node))
            if kind != flags & _TRIGGER:
                yield Stops(node, DeviceFault.OTHER_TRIGGER, "interrupts", spi, other=other.path)
            if spi in consoles and not passed:
                yield Stops(node, DeviceFault.CONSOLE_INTERRUPT, "interrupts", spi)


def _registers(ancestry: Ancestry, node: Node, host: Dom0DeviceLimits, *, passed: bool) -> Iterator[Stops]:
    lost = _untranslatable(ancestry, node)
    if lost is not None:
        yield Stops(node, DeviceFault.UNTRANSLATABLE, "reg", lost)
    for region in ancestry.regions(node):
        if region is None or passed:
            continue
        start, size = region
        if start + size > 1 << host.address_bits:
            yield Stops(node, DeviceFault.BEYOND_ADDRESSES, "reg", start + size, host.address_bits)
        if not size and host.empty_stops:
            text = "Assertion 's <= e' failed at rangeset.c:121"
            yield Stops(node, DeviceFault.EMPTY_REG, "reg", text=text)


def _untranslatable(ancestry: Ancestry, node: Node) -> int | None:
    """An address of the node that is outside of the `ranges` of a bus above it (`__dt_translate_address`); None if
    there is none. Children of PCI buses have another kind of addresses, which Xen ignores.
    """
    parent = ancestry.parent(node)
    if parent is None or any((string(above, "device_type") or "").startswith("pci") for above in (parent,)):
        return None
    cells = ancestry.cell_sizes(parent)
    for first, _ in ranges_of(node.properties.get("reg"), *cells) if cells[1] else ():
        address, below = first, parent
        while (above := ancestry.parent(below)) is not None:
            bridges = ancestry.bridges(below)
            if bridges is None:
                break
            if bridges:
                hit = next((b for b in bridges if b.child <= address < b.child + b.size), None)
                if hit is None:
                    return first
                address = hit.parent + address - hit.child
            below = above
    return None


def tree_has_room(reserved: int, padding: tuple[int, int], grows: int) -> bool | None:
    """Whether Xen's tree for dom0 has room for this many ranges of /reserved-memory; None if not known.

    `padding` is the least and the most free space in the host's blob, `grows` the bytes that Xen adds to its size.
    """
    if reserved * _PER_RANGE <= grows + padding[0] + _SLACK[0]:
        return True
    return False if reserved * _PER_RANGE >= grows + padding[1] + _SLACK[1] else None
