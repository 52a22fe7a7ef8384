"""Memory that domains are given by address: frames of every color, whatever the domain's colors are.

The frames are mapped directly, regardless of heaps and colors (`iomem` in xl.cfg(5), 4.20 to 4.22). So are those in the
`reg` of a device of the host's tree, which Xen gives to dom0 without a check against memory (`map_range_to_domain`,
xen/arch/arm/device.c; measured on 4.20 and 4.22, for disabled devices as well).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from colorcheck.core.units import PAGE
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.domains.xl_iomem import IomemRefused, iomem
from colorcheck.xen.kinds import DomainKind, Note
from colorcheck.xen.machine.host_devices import device_mappings
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.notes.domains import PassthroughMemory
from colorcheck.xen.system import Domain


def passed_through(deployment: Deployment, machine: Machine) -> Iterator[Note]:
    """A note for each range of `iomem` that is in memory; ranges of device registers have none."""
    for file in deployment.guests:
        for found in iomem(file) if file.accepted else ():
            if isinstance(found, IomemRefused):
                continue  # xl does not create such a guest
            start = found.start * PAGE
            for low, high in _in_memory((start, start + found.count * PAGE), machine):
                yield PassthroughMemory(found.location, xl_guest(file).title, low, high, DomainKind.XL)


def mapped_memory(ancestry: Ancestry, uart: Node | None, machine: Machine, domains: Sequence[Domain]) -> Iterator[Note]:
    """A note for each range of a device's registers that is in memory, and not reserved, for the one of these domains
    that gets the devices: dom0 or the hardware domain."""
    owner = next((each for each in domains if each.kind is DomainKind.DOM0 or each.hardware), None)
    if owner is None:
        return
    reserved = merged(each.span for each in (*machine.reserved, *machine.shared))
    for node, mapping in device_mappings(ancestry, uart):
        start = mapping.gfn * PAGE
        for span in _in_memory((start, start + mapping.pages * PAGE), machine):
            for low, high in without(span, reserved):
                found = node.properties.get("reg")
                place = found.value_location if found is not None else node.location
                yield PassthroughMemory(place, owner.name, low, high, DomainKind.DOM0)


def _in_memory(span: Span, machine: Machine) -> Iterator[Span]:
    for start, end in machine.may_be_memory:
        low, high = max(span[0], start), min(span[1], end)
        if low < high:
            yield low, high
