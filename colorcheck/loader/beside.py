"""Boot scripts that are next to a device tree and not named in the manifest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.files.patterns import endings_in
from colorcheck.files.reading import is_file
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.files import read_bytes
from colorcheck.loader.u_boot.image import read_legacy, script_text

_ENDINGS = (".scr", ".scr.uimg", ".cmd", ".source", ".script")
_LARGEST = 1 << 20
_COMMANDS = pattern(
    rb"^\s*(?:fdt\s+(?:addr|set|mknod?e?|resize)|booti|bootm|bootefi|fatload|ext4load|load\s+\w+\s)", re.MULTILINE
)


def scripts_beside(deployment: Deployment) -> Iterator[Problem]:
    """A problem for each boot script in the tree's folder, if the manifest does not say how Xen is started."""
    manifest = deployment.manifest
    named = manifest.device_tree
    if named is None or manifest.boot_script or manifest.image_builder or manifest.target.loader is not None:
        return
    folder = os.path.dirname(os.path.normpath(os.path.join(manifest.folder, named)))
    for name in endings_in(folder, _ENDINGS):
        path = os.path.join(folder, name)
        if _edits_a_tree(path):
            relative = os.path.relpath(path, manifest.folder or ".")
            message = f"{relative} is next to the device tree and edits it before Xen starts, but it is not followed"
            help_text = f'write boot-script = "{relative}" into [inputs], or loader = "none" into [target]'
            yield Problem(ProblemKind.BOOT_SCRIPT_BESIDE, message, manifest.location("inputs.device-tree"), help_text)


_TEXTS = (".cmd", ".source", ".script", ".txt")
_IMAGES = (".scr", ".scr.uimg")


def other_text_beside(deployment: Deployment) -> Iterator[Problem]:
    """A problem if a script is next to its image, or an image next to its text, and they differ: the board runs the
    image, but only the named file is followed.
    """
    manifest = deployment.manifest
    if manifest.boot_script is None:
        return
    path = os.path.normpath(os.path.join(manifest.folder, manifest.boot_script))
    ending = next((end for end in (*reversed(_IMAGES), *_TEXTS) if path.lower().endswith(end)), None)
    own = _text(path) if ending is not None else None
    if ending is None or own is None:
        return
    stem = path[: -len(ending)]
    for other in _TEXTS if ending in _IMAGES else _IMAGES:
        held = _text(stem + other) if is_file(stem + other) else None
        if held is not None and held != own:
            named, beside = os.path.basename(path), os.path.basename(stem + other)
            image, text = (named, beside) if ending in _IMAGES else (beside, named)
            message = f"{image} contains another text than {text} next to it; {named} is followed"
            help_text = f"rebuild it: mkimage -A arm64 -T script -C none -d {text} {image}; or specify the other one"
            yield Problem(ProblemKind.BOOT_SCRIPT_BESIDE, message, manifest.location("inputs.boot-script"), help_text)


def _text(path: str) -> bytes | None:
    """The text of a script, extracted from an image if necessary; None if it cannot be read."""
    data = read_bytes(path, Location(path), _LARGEST)
    if not isinstance(data, bytes):
        return None
    image = read_legacy(data)
    return data if image is None else script_text(image)


def _edits_a_tree(path: str) -> bool:
    data = read_bytes(path, Location(path), _LARGEST)
    return isinstance(data, bytes) and _COMMANDS.search(data) is not None
