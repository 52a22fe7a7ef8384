"""Changes to a blob, written to other files: a line of the boot script, or a compiled overlay and its line in the
manifest; and the file of the boot loader that must also change if the manifest itself has the arguments.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.files.edits import read_original
from colorcheck.plan.overlay_blob import overlay_blob

if TYPE_CHECKING:
    from colorcheck.inputs.boot.image_builder import ImageBuilderFile
    from colorcheck.inputs.deployment import Deployment

NAME = "colorcheck-plan"

Wanted = tuple[str, str, str]
"""A node's path, a property, and its new text."""


class Carried(Struct, frozen=True):
    """Edits and new files (by path) that set properties of a blob; `problems` say what cannot be done and what the
    user has to do in addition.
    """

    edits: tuple[Edit, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    problems: tuple[Problem, ...] = ()


def carried(wanted: Sequence[Wanted], deployment: Deployment) -> Carried:
    """Edits that bring these properties into the tree that Xen receives."""
    if not wanted:
        return Carried()
    manifest = deployment.manifest
    script = deployment.followed.location if deployment.followed is not None else None
    if script is not None and script.line and manifest.boot_script and not manifest.boot_script.endswith(".scr"):
        return _in_script(wanted, script)
    if deployment.image_builder is not None:
        return _in_extra_commands(wanted, deployment.image_builder)
    if deployment.followed is None and manifest.device_tree and not manifest.image_builder:
        return _as_overlay(wanted, deployment)
    names = ", ".join(f"{name} of {node}" for node, name, _ in wanted)
    place = script or manifest.location("inputs.device-tree")
    help_text = "apply the overlay above"
    if script is not None:
        help_text = f"write {_commands(wanted)} before booti in the script's text, then rebuild the image: "
        help_text += "mkimage -A arm64 -T script -C none -d boot.cmd boot.scr"
    problem = Problem(ProblemKind.NO_PLACE, f"{names}: it is in a file that is not text", place, help_text)
    return Carried(problems=(problem,))


def _commands(wanted: Sequence[Wanted]) -> str:
    return "; ".join(f"fdt set {node} {name} {_quoted(text)}" for node, name, text in wanted)


def _in_extra_commands(wanted: Sequence[Wanted], built: ImageBuilderFile) -> Carried:
    """Edits after the commands that ImageBuilder appends to its own, which take effect last."""
    written = built.get("APPEND_EXTRA_CMDS")
    named = written.value.text if written is not None else ""
    path = os.path.normpath(os.path.join(os.path.dirname(built.file), named)) if named else ""
    original = read_original(path) if path else None
    if original is None or isinstance(original, Problem):
        message = "ImageBuilder writes this node and has no key for the property"
        help_text = f"write {_commands(wanted)} into a file, and specify that file as APPEND_EXTRA_CMDS"
        place = written.location if written is not None else built.location
        return Carried(problems=(Problem(ProblemKind.NO_PLACE, message, place, help_text),))
    lines = original.text.split("\n")
    at = Location(path, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
    text = "".join(f"fdt set {node} {name} {_quoted(value)}\n" for node, name, value in wanted)
    return Carried((Edit(at, text if not lines[-1] else f"\n{text}"),))


def _in_script(wanted: Sequence[Wanted], start: Location) -> Carried:
    """Edits that add `fdt set` before the command that starts Xen."""
    original = read_original(start.file)
    if isinstance(original, Problem):
        return Carried(problems=(original,))
    lines = "".join(f"fdt set {node} {name} {_quoted(text)}\n" for node, name, text in wanted)
    at = Location(start.file, start.line, 1, start.line, 1)
    return Carried((Edit(at, lines),))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def _as_overlay(wanted: Sequence[Wanted], deployment: Deployment) -> Carried:
    manifest = deployment.manifest
    tree = manifest.location("inputs.device-tree")
    named = [os.path.basename(name) for name in manifest.overlays]
    number = next(n for n in range(1, len(named) + 2) if _name(n) not in named)
    name = _name(number)
    edit = _manifest_line(name, deployment, tree)
    if edit is None:
        help_text = f'write overlays = [..., "{name}"], or give --overlay {name}'
        problem = Problem(
            ProblemKind.NO_PLACE, "the manifest has no line to which an overlay can be added", tree, help_text
        )
        return Carried(problems=(problem,))
    shown = Problem(
        ProblemKind.NO_PLACE,
        f"the boot loader has to apply {name} to {manifest.device_tree}",
        tree,
        f"for example with fdt apply, or permanently: fdtoverlay -i {manifest.device_tree} -o new.dtb {name}",
    )
    return Carried((edit,), ((os.path.join(manifest.folder, name), overlay_blob(wanted)),), (shown,))


def _name(number: int) -> str:
    return f"{NAME}.dtbo" if number == 1 else f"{NAME}-{number}.dtbo"


def _manifest_line(name: str, deployment: Deployment, tree: Location) -> Edit | None:
    """The edit that adds the overlay as the last one in the manifest; None if it cannot be added."""
    manifest = deployment.manifest
    original = read_original(manifest.file)
    if isinstance(original, Problem) or tree.file != manifest.file or not tree.line:
        return None
    lines = original.text.split("\n")
    if not manifest.overlays:
        at = Location(tree.file, tree.end_line, len(lines[tree.end_line - 1].rstrip("\r")) + 1)
        return Edit(Location(at.file, at.line, at.column, at.line, at.column), f'\noverlays = ["{name}"]')
    place = manifest.location("inputs.overlays")
    if place.file != manifest.file or not place.line:
        return None
    line = lines[place.end_line - 1]
    if line[place.end_column - 2 : place.end_column - 1] != "]":  # one text, not a list
        value = lines[place.line - 1][place.column - 1 : place.end_column - 1]
        return Edit(place, f'[{value}, "{name}"]') if place.line == place.end_line else None
    at = Location(place.file, place.end_line, place.end_column - 1, place.end_line, place.end_column - 1)
    return Edit(at, f', "{name}"')


def loader_follows(edits: Sequence[Edit], deployment: Deployment) -> tuple[Problem, ...]:
    """If the manifest's own boot arguments change, a problem that names the file of the boot loader to change as
    well.
    """
    manifest = deployment.manifest
    place = manifest.location("inputs.boot-arguments")
    if manifest.boot_arguments is None or not any(_inside(edit.location, place) for edit in edits):
        return ()
    if deployment.uefi_configs:
        follows = f"the line options= of {deployment.uefi_configs[0].file}"
    elif manifest.boot_script:
        follows = f"the line of {manifest.boot_script} that sets xen,xen-bootargs"
    elif manifest.image_builder:
        follows = f"XEN_CMD in {manifest.image_builder}"
    elif manifest.device_tree:
        follows = f"xen,xen-bootargs in /chosen of {manifest.device_tree}, or what the boot loader writes there"
    else:
        follows = "the arguments that the boot loader passes to Xen"
    message = "boot-arguments are in the manifest, which no boot loader reads"
    return (Problem(ProblemKind.NO_PLACE, message, place, f"give the same arguments in {follows}"),)


def _inside(location: Location, whole: Location) -> bool:
    return location.file == whole.file and whole.line <= location.line <= max(whole.line, whole.end_line)
