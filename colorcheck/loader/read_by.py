"""The effect of an unknown value in the tree: on everything, memory, boot modules, the colors of a domain, or nothing.

An open fact that only appears in values of such a kind is kept to the theorems that read them; all others may change
anything that Xen does.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from colorcheck.inputs.deployment import Unsettled
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.handover import Handover

_UNREAD = frozenset({"u-boot,version", "serial-number", "local-mac-address", "mac-address"})
_MODULE = frozenset({"multiboot,module", "xen,multiboot-module", "multiboot,kernel", "multiboot,ramdisk"})
_ARGUMENTS = ("bootargs", "xen,dom0-bootargs")
_CELL = 4
_COLORS = "llc-colors"
_DOMAIN_DEPTH = 2  # of a domain's node below /chosen


class ReadBy(StrEnum):
    """Who reads a value."""

    NOBODY = "nobody"
    MEMORY = "memory"  # the banks of memory
    MODULES = "boot-modules"  # where modules lie, how large they and the domains are
    COLORS = "domain-colors"  # which colors one domain has, and so all memory; the pairs of others do not read it
    ALL = "all"


def reach(received: Handover, path: str, name: str) -> ReadBy:
    """Who reads the value of a property, which is not known."""
    tree = received.tree
    node = tree.node(path) if tree is not None else None
    if name in _UNREAD or tree is None or node is None:
        return ReadBy.NOBODY if name in _UNREAD else ReadBy.ALL
    if name == "reg" and path.count("/") == 1 and node.name.partition("@")[0] == "memory":
        return ReadBy.MEMORY
    if not (path == "/chosen" or path.startswith("/chosen/")):
        return ReadBy.ALL
    if name in _ARGUMENTS and _says_arguments(received, tree):
        return ReadBy.NOBODY
    if path == "/chosen" and name in ("linux,initrd-start", "linux,initrd-end"):
        return ReadBy.MODULES
    kinds = _compatible(received, path, node)
    if name == _COLORS and path.count("/") == _DOMAIN_DEPTH and "xen,domain" in kinds:
        return ReadBy.COLORS
    cells = len(node.properties[name].value) % _CELL == 0 if name in node.properties else False
    if cells and ((name == "reg" and kinds & _MODULE) or (name == "memory" and "xen,domain" in kinds)):
        return ReadBy.MODULES
    return ReadBy.ALL


def _says_arguments(received: Handover, tree: DeviceTree) -> bool:
    """Whether the tree has Xen's arguments in a property that takes precedence over all others."""
    chosen = tree.node("/chosen")
    return (
        chosen is not None
        and "xen,xen-bootargs" in chosen.properties
        and (("/chosen", "xen,xen-bootargs") not in received.unsure)
    )


def _compatible(received: Handover, path: str, node: Node) -> frozenset[str]:
    held = node.properties.get("compatible")
    if held is None or (path, "compatible") in received.unsure:
        return frozenset()
    return frozenset(held.value.decode("utf-8", "replace").split("\0"))


def reaches(received: Handover) -> dict[str, set[ReadBy]]:
    """For each open fact that values of the tree depend on, by its name, who reads them."""
    found: dict[str, set[ReadBy]] = {}
    for (path, name), what in received.unsure.items():
        found.setdefault(what, set()).add(reach(received, path, name))
    return found


def blocking(received: Handover) -> Iterator[OpenFact]:
    """The open facts that may change anything on this way, with values that cannot be listed."""
    found = reaches(received)
    for fact in received.open:
        opaque = fact.values is None and not fact.what.startswith("file ") and fact.what not in received.harmless
        if ReadBy.ALL in found.get(fact.what, ()) or opaque:
            yield fact


def open_colors(received: Handover) -> dict[str, OpenFact]:
    """The domains whose colors are not known, by the path of their node, each with why."""
    facts = {fact.what: fact for fact in received.open}
    return {
        path: facts[what]
        for (path, name), what in received.unsure.items()
        if what in facts and reach(received, path, name) is ReadBy.COLORS
    }


def unsettled(received: Handover) -> tuple[Unsettled, ...]:
    """The first open fact on which the memory depends, and the first for the modules."""
    found = reaches(received)
    reported: dict[str, Unsettled] = {}
    for fact in received.open:
        for each in sorted(found.get(fact.what, ())):
            if each in (ReadBy.MEMORY, ReadBy.MODULES):
                reported.setdefault(each, Unsettled(each.value, fact.why, fact.settle, fact.location))
    return tuple(reported.values())


def has_known_length(received: Handover) -> bool:
    """Whether the size of the tree does not depend on unknown values."""
    return all(name in _UNREAD for _, name in received.unsure)
