"""Translates files into the spelling of another release: edits that preserve their meaning, and problems for what
cannot be preserved.

Boot arguments are in `migrate_arguments`; this module handles colors in dom0less domains, xl files and ImageBuilder
configurations.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.c_numbers import scan_unsigned
from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage, passage
from colorcheck.inputs.boot.image_builder import ImageBuilderFile
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.inputs.xl.xl_values import XlFile, XlList, XlSetting, is_bare
from colorcheck.xen.migrate.migrate_arguments import Migration, migrate_boot_arguments, release_of_arguments
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.options.spelling import mask_cells, mask_colors, written_colors
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES, SERIES
from colorcheck.xen.release.spelling import Concept, OtherDomains, PropertyKind

__all__ = [
    "Migration",
    "migrate_boot_arguments",
    "migrate_image_builder",
    "migrate_tree",
    "migrate_xl",
    "release_of_arguments",
]


def migrate_xl(file: XlFile, target: Release) -> Migration:
    """Rename the color key and rewrite elements so that the target reads the same colors."""
    if not target.xl_keys or not file.accepted:
        return Migration()
    keys = {key for release in RELEASES for key in release.xl_keys}
    edits: list[Edit] = []
    for setting in file.settings:
        if setting.name in keys:
            if setting.name not in target.xl_keys:
                edits.append(Edit(setting.name_location, target.xl_key))
            if not target.single_colors:
                edits += _ranges(setting)
    return Migration(tuple(edits))


def _ranges(setting: XlSetting) -> Iterator[Edit]:
    """Edits that turn a single color into a range; a bare number also gets quotes."""
    for item in setting.written.items if isinstance(setting.written, XlList) else ():
        number = scan_unsigned(item.text) if isinstance(item, Passage) and "-" not in item.text else None
        if number and isinstance(item, Passage):
            text = f"{number[0]}-{number[0]}"
            yield Edit(item.whole, f'"{text}"' if is_bare(item) else text)


def migrate_tree(tree: DeviceTree, target: Release) -> Migration:
    """Write the colors of dom0less domains as the property that the target reads.

    A blob cannot be edited: its domains give problems with the text to write.
    """
    chosen = tree.node("/chosen")
    result = Migration()
    for node in chosen.children if chosen else ():
        if compatible(node, "xen,domain"):
            result += _migrate_domain(node, target)
    return result


def _migrate_domain(node: Node, target: Release) -> Migration:
    found = [node.properties[name] for name in ("llc-colors", "colors") if name in node.properties]
    if not found:
        return _without_colors(node, target)
    wanted = target.domain_property
    if any((written.name, _kind_of(written)) == (wanted.name, wanted.kind) for written in found):
        return Migration()
    written = found[0]
    colors = _colors_of(written)
    if colors is None:
        message = f"the colors of {node.name} are refused, so they are left unchanged"
        return Migration(problems=(Problem(ProblemKind.NOT_MIGRATED, message, written.value_location),))
    value = f'"{written_colors(colors, target)}"' if wanted.kind is PropertyKind.LIST else mask_cells(colors)
    new = f"{wanted.name} = {value}"
    if not written.location.line or not written.value_location.line:
        message = f"{node.name} is not in a source file, so its colors are not changed"
        return Migration(problems=(Problem(ProblemKind.NOT_MIGRATED, message, written.location, f"write {new}"),))
    return Migration((Edit(written.location.until(written.value_location), new),))


def _kind_of(written: Property) -> PropertyKind:
    return PropertyKind.LIST if written.strings else PropertyKind.MASK


def _colors_of(written: Property) -> tuple[int, ...] | None:
    """The colors that a property names; None if it is a list that no Xen accepts."""
    if _kind_of(written) is PropertyKind.MASK:
        return mask_colors(written.value)
    lenient = SERIES[0]
    read = read_colors(passage(written.strings[0].text, Location("")), lenient, lenient.most_colors)
    return None if read.error else read.colors


def _without_colors(node: Node, target: Release) -> Migration:
    """A problem for a domain without colors, which gets different ones in the target release."""
    default = "dom0's colors" if target.domain_default is OtherDomains.DOM0S else "all colors"
    if target.traits.inherits_colors:
        default += ", or those of the domain before it"
    message = f"{node.name} names no colors: with {target.title} it gets {default}"
    return Migration(
        problems=(Problem(ProblemKind.DEFAULT_DIFFERS, message, node.location, "write its colors explicitly"),)
    )


def migrate_image_builder(file: ImageBuilderFile, target: Release) -> Migration:
    """Migrate XEN_CMD of a configuration. ImageBuilder's own keys only suit the first Xilinx releases."""
    command = file.get("XEN_CMD")
    result = migrate_boot_arguments(command.value, target) if command else Migration()
    return result + Migration(problems=tuple(_lost_keys(file, target)))


def _lost_keys(file: ImageBuilderFile, target: Release) -> Iterator[Problem]:
    """Problems for keys whose effect the target does not support."""
    for name, concept in (("XEN_COLORS", Concept.XEN_COLORS), ("DOM0_COLORS", Concept.DOM0_COLORS)):
        written, option = file.get(name), next(iter(target.options_for(concept)), None)
        if written and option and target.option(name.lower()) is None:
            message = f"{name} becomes {name.lower()}=, which {target.title} does not have"
            help_text = f"write {option.name}={written.value.text} into XEN_CMD"
            yield Problem(ProblemKind.NOT_MIGRATED, message, written.location, help_text)
    if any(known.name == "colors" and known.kind is PropertyKind.MASK for known in target.properties):
        return
    for written in file.assignments:
        if written.name == "DOMU_COLORS":
            message = f"{written.key} becomes the property colors, which {target.title} does not read"
            new = f'{target.domain_property.name} = "{written.value.text}"'
            help_text = f"add {new} to the node /chosen/domU{written.index or 0}"
            yield Problem(ProblemKind.NOT_MIGRATED, message, written.location, help_text)
