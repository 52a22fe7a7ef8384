"""Sources of Xen's boot arguments: built into Xen, given in the manifest, or in the device tree.

Source: `boot_fdt_cmdline`, `add_boot_cmdline`, `boot_cmdline_find_by_kind` (xen/common/device-tree/bootinfo.c and
bootinfo-fdt.c, 4.20 to 4.22), `cmdline_parse` (xen/common/kernel.c).
"""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree, Property
from colorcheck.xen.machine.chosen_walk import Item, below_chosen

_MOST_COMMAND_LINES = 32  # the number of modules whose arguments Xen keeps


def text_of(found: Property) -> Passage:
    """The first string of a property, with its location."""
    if found.strings:
        return found.strings[0]
    text = found.value.split(b"\0")[0].decode("utf-8", "replace")
    return Passage(text, found.value_location)


def xen_arguments(deployment: Deployment) -> Passage:
    """All arguments that Xen reads, those built into it (CONFIG_CMDLINE) first; empty if it has none."""
    found, built_in = given_arguments(deployment), built_in_arguments(deployment)
    if not built_in.text or not found.text:
        return found if not built_in.text else built_in
    shift = len(built_in.text) + 1
    pieces = tuple((begin + shift, place) for begin, place in found.pieces or ((0, found.whole),))
    return Passage(f"{built_in.text} {found.text}", found.whole, (*built_in.pieces, *pieces))


def built_in_arguments(deployment: Deployment) -> Passage:
    """CONFIG_CMDLINE, otherwise the built-in arguments in a boot log; empty if there are none."""
    logged = deployment.boot_log.built_in if deployment.boot_log else None
    if logged is not None and "CMDLINE" not in deployment.kconfig and logged.value:
        return Passage(str(logged.value), logged.location, ((0, logged.location),))
    return built_in_text(deployment, "CMDLINE")


def built_in_text(deployment: Deployment, name: str) -> Passage:
    """A text that Xen was built with, as Kconfig has it; empty if there is none."""
    place = deployment.build_place(name)
    text = deployment.kconfig.get(name, "")
    if not text:
        return Passage("", place)
    inside = replace(place, column=place.column + 1, end_column=place.end_column - 1) if place.line else place
    return Passage(text, inside, ((0, inside),))  # between the quotes


def only_built_in(deployment: Deployment) -> bool:
    """Whether Xen ignores the arguments it is given:

    CONFIG_CMDLINE_OVERRIDE, which Kconfig accepts only with a CMDLINE.
    """
    return deployment.kconfig.get("CMDLINE_OVERRIDE") == "y" and bool(built_in_arguments(deployment).text)


def given_arguments(deployment: Deployment) -> Passage:
    """The arguments that the boot loader passes: the manifest's take precedence over those of the device tree.

    Empty, at the location of the tree, if there are none or if Xen ignores them.
    """
    found = None if only_built_in(deployment) else _handed_over(deployment)
    if found is not None:
        return found
    return Passage("", Location(deployment.tree.file) if deployment.tree else deployment.manifest.location("inputs"))


def logged_command_line(deployment: Deployment) -> str:
    """The text that Xen prints after "Command line:": the arguments it is given, even if ignored, without built-in
    ones.
    """
    found = _handed_over(deployment)
    return "<NULL>" if found is None else found.text


def _handed_over(deployment: Deployment) -> Passage | None:
    return deployment.manifest.boot_arguments or tree_arguments(deployment.tree)


def tree_arguments(tree: DeviceTree | None) -> Passage | None:
    """Xen's arguments in a device tree; None if it has none.

    They are in `xen,xen-bootargs`. Without that property, `bootargs` is used if dom0's arguments are elsewhere: in
    `xen,dom0-bootargs`, or in a kernel module.
    """
    found = arguments_property(tree)
    return None if found is None else text_of(found)


def arguments_property(tree: DeviceTree | None) -> Property | None:
    """The property of /chosen from which Xen takes its arguments; only its first string is read."""
    chosen = tree.node("/chosen") if tree else None
    if tree is None or chosen is None:
        return None
    own = chosen.properties.get("xen,xen-bootargs")
    if own is not None:
        return own
    elsewhere = "xen,dom0-bootargs" in chosen.properties or _kernel_has_arguments(tree)
    return chosen.properties.get("bootargs") if elsewhere else None


def _kernel_has_arguments(tree: DeviceTree) -> bool:
    """Whether the `bootargs` of the first module that Xen treats as dom0's kernel are not empty."""
    modules = [
        found for found in below_chosen(tree) if found.item is Item.MODULE and "bootargs" in found.node.properties
    ]
    kept = (found for found in modules[:_MOST_COMMAND_LINES] if found.kind is ModuleKind.KERNEL and not found.domain)
    first = next(kept, None)
    return first is not None and bool(text_of(first.node.properties["bootargs"]).text)
