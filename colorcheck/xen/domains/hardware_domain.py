"""Domains of the device tree with `capabilities`: a hardware, control or xenstore domain instead of dom0.

Source: `parse_dom0less_node` (xen/common/device-tree/dom0less-bindings.c, dom0less-build.c), `create_domUs`,
`arch_parse_dom0less_node` (xen/arch/arm/dom0less-build.c), 4.21 and 4.22; measured.
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.hardware.iommu import iommu_facts
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, compatible, string
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.keys import IOMMU
from colorcheck.xen.kinds import Failure, FailureKind, Note
from colorcheck.xen.notes.domains import HardwareDomainFault, HardwareDomainRefused
from colorcheck.xen.options.iommu import iommu_enabled
from colorcheck.xen.options.options import BootArguments
from colorcheck.xen.release.release import Release

CONTROL, HARDWARE, XENSTORE = 1, 2, 4
KNOWN = CONTROL | HARDWARE | XENSTORE


class RefusedCapabilities(Struct, frozen=True):
    """A panic over a domain's capabilities and the note about it."""

    failure: Failure
    note: Note


def capabilities(node: Node, release: Release) -> int:
    """The capabilities that a domain's node requests; 0 if this Xen does not read them."""
    return (cell(node, "capabilities") or 0) if release.traits.hardware_domain_by_node else 0


def is_hardware_domain(node: Node, release: Release) -> bool:
    """Whether the node makes the domain the hardware domain."""
    return bool(capabilities(node, release) & HARDWARE)


def wrong_capabilities(node: Node, release: Release, other: str) -> RefusedCapabilities | None:
    """Xen's panic over `capabilities`, which it checks first; `other` names an earlier hardware domain."""
    found = capabilities(node, release)
    if found & ~KNOWN:
        text = f"Invalid capabilities ({found:x})"
        return _refused(node, text, "capabilities", HardwareDomainFault.UNKNOWN_CAPABILITIES)
    if found & HARDWARE and other:
        text = f"Only 1 hardware domain can be specified! ({other})"
        return _refused(node, text, "capabilities", HardwareDomainFault.SECOND)
    return None


def wrong_hardware_domain(node: Node, release: Release, tree: DeviceTree, *, iommu: bool) -> RefusedCapabilities | None:
    """Xen's panic over properties that a hardware domain must not have, or the IOMMU that it needs, in Xen's order."""
    if not is_hardware_domain(node, release):
        return None
    passthrough = node.properties.get("passthrough")
    if passthrough is not None and b"\0" in passthrough.value:
        text = "Don't specify passthrough for hardware domain"
        return _refused(node, text, "passthrough", HardwareDomainFault.PASSTHROUGH)
    if not iommu:
        text = "non-direct mapped hardware domain requires iommu"
        return _refused(node, text, "capabilities", HardwareDomainFault.NO_IOMMU)
    partial = next((each for each in _behind(tree, node) if compatible(each, "multiboot,device-tree")), None)
    if partial is not None:
        text = '"multiboot,device-tree" incompatible with hardware domain'
        return _refused(node, text, partial.location, HardwareDomainFault.PARTIAL_TREE)
    return None


def wrong_interrupts(node: Node, release: Release) -> RefusedCapabilities | None:
    """Xen's panic over `nr_spis`, after it has read the domain's colors."""
    given = node.properties.get("nr_spis")
    if given is None or len(given.value) < 4 or not is_hardware_domain(node, release):
        return None
    return _refused(node, "nr_spis cannot be specified for hardware domain", "nr_spis", HardwareDomainFault.INTERRUPTS)


def _behind(tree: DeviceTree, node: Node) -> list[Node]:
    """The nodes after this one in the whole tree: Xen searches all of them (`dt_find_compatible_node`)."""
    order = list(tree.root.walk())
    place = next((number for number, each in enumerate(order) if each is node), len(order))
    return order[place + 1 :]


def _refused(node: Node, text: str, place: Location | str, fault: HardwareDomainFault) -> RefusedCapabilities:
    """`place` is that of the note, or the property that it is about."""
    where = node.properties[place].location if isinstance(place, str) else place
    return RefusedCapabilities(
        Failure(FailureKind.OTHER, text), HardwareDomainRefused(where, node.name, fault=fault, panic=text)
    )


def has_iommu(arguments: BootArguments, facts: FactBook) -> bool:
    """Whether Xen sets up an IOMMU: the tree enables one that it drives, and `iommu` does not switch it off."""
    return iommu_enabled(arguments) and facts.read(IOMMU) is True


_DRIVER_FRAMES = 16 << 8  # queues and tables of an IOMMU, tables of an ITS: 16 MiB each is an upper bound


def frames_of_drivers(ancestry: Ancestry, arguments: BootArguments, *, has_its: bool) -> int:
    """The most frames of the uncolored heap that Xen's drivers for IOMMUs and, if built in (HAS_ITS, not by
    default), for interrupt translation may take.
    """
    nodes = (node for top in ancestry.tree.root.children for node in (top, *top.children)) if has_its else ()
    translators = sum(compatible(node, "arm,gic-v3-its") for node in nodes)
    driven = any(iommu.enabled and iommu.driven for iommu in iommu_facts(ancestry).iommus)
    return _DRIVER_FRAMES * (translators + (driven and iommu_enabled(arguments)))


def wants_xenstore(node: Node, release: Release) -> bool:
    """Whether `xen,enhanced` requests Xenstore: without a value, `enabled`, and `legacy` if the release has it."""
    if "xen,enhanced" not in node.properties:
        return False
    words = (None, "enabled", "legacy") if release.traits.hardware_domain_by_node else (None, "enabled")
    return string(node, "xen,enhanced") in words


def second_xenstore(nodes: list[Node], release: Release, *, has_dom0: bool) -> dict[str, Failure]:
    """Failures by the path of a domain's node:

    Xen stops after such a domain because another one has the xenstore; dom0 always has it (`set_xs_domain`).
    """
    owner, found = 0 if has_dom0 else None, {}
    for number, node in enumerate(nodes, 1):
        if capabilities(node, release) & XENSTORE:
            if owner is not None:
                text = f"Only 1 xenstore domain can be specified! ({owner})"
                found[node.path] = Failure(FailureKind.OTHER, text)
            owner = number if owner is None else owner
    return found


def without_xenstore(nodes: list[Node], release: Release, *, has_dom0: bool) -> Failure | None:
    """The panic after all domains if one requests Xenstore and none has it, from 4.21 on."""
    if has_dom0 or not release.traits.hardware_domain_by_node:
        return None
    provided = any(capabilities(node, release) & XENSTORE for node in nodes)
    if provided or not any(wants_xenstore(node, release) for node in nodes):
        return None
    return Failure(FailureKind.OTHER, "xenstore requested, but xenstore domain not present")
