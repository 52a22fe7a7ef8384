"""Where Xen's boot arguments stand (`device_tree_bootargs`, xen/arch/arm/bootfdt.c, 4.20–4.22)."""

from __future__ import annotations

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property
from colorcheck.inputs.device_tree.tree_walk import compatible, string


def text_of(found: Property) -> Passage:
    """The first string of a property, with the place of its characters."""
    if found.strings:
        return found.strings[0]
    text = found.value.split(b"\0")[0].decode("utf-8", "replace")
    return Passage(text, found.value_location)


def xen_arguments(deployment: Deployment) -> Passage:
    """Xen's boot arguments; empty where it has none.

    The manifest's override comes first, then `xen,xen-bootargs`. `bootargs` counts only if dom0's arguments stand
    elsewhere. Arguments built into Xen (CONFIG_CMDLINE) are read before.
    """
    found = given_arguments(deployment)
    built_in = deployment.kconfig.get("CMDLINE", "").strip('"')
    if not built_in:
        return found
    shift = len(built_in) + 1
    pieces = tuple((begin + shift, place) for begin, place in found.pieces)
    start = ((0, deployment.manifest.location("target.kconfig")),) if pieces else ()
    return Passage(f"{built_in} {found.text}", found.whole, (*start, *pieces))


def given_arguments(deployment: Deployment) -> Passage:
    """As `xen_arguments`, without those that are built into Xen."""
    found = deployment.manifest.boot_arguments or _from_tree(deployment.tree)
    if found is not None:
        return found
    return Passage("", Location(deployment.tree.file) if deployment.tree else deployment.manifest.location("inputs"))


def _from_tree(tree: DeviceTree | None) -> Passage | None:
    chosen = tree.node("/chosen") if tree else None
    if chosen is None:
        return None
    own = chosen.properties.get("xen,xen-bootargs")
    if own is not None:
        return text_of(own)
    shared = chosen.properties.get("bootargs")
    elsewhere = "xen,dom0-bootargs" in chosen.properties or _kernel_has_arguments(chosen)
    return text_of(shared) if shared is not None and elsewhere else None


def _kernel_has_arguments(chosen: Node) -> bool:
    """Whether dom0's kernel module brings arguments of its own."""
    return any(
        compatible(node, "xen,linux-zimage", "multiboot,kernel", "xen,multiboot-module", "multiboot,module")
        and bool(string(node, "bootargs"))
        for node in chosen.children
    )
