"""Boot scripts that lie beside a device tree and that nobody named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.files import read_bytes

_ENDINGS = (".scr", ".scr.uimg", ".cmd", ".source", ".script")
_LARGEST = 1 << 20
_COMMANDS = re.compile(
    rb"^\s*(?:fdt\s+(?:addr|set|mknod?e?|resize)|booti|bootm|bootefi|fatload|ext4load|load\s+\w+\s)", re.MULTILINE
)


def scripts_beside(deployment: Deployment) -> Iterator[Problem]:
    """A problem for each boot script in the tree's folder, where nothing says how Xen is started."""
    manifest = deployment.manifest
    named = manifest.device_tree
    if named is None or manifest.boot_script or manifest.image_builder or manifest.target.loader is not None:
        return
    folder = os.path.dirname(os.path.normpath(os.path.join(manifest.folder, named)))
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.lower().endswith(_ENDINGS) and _edits_a_tree(path):
            relative = os.path.relpath(path, manifest.folder or ".")
            message = f"{relative} lies beside the device tree and edits it before Xen starts, and it is not followed"
            help_text = f'write boot-script = "{relative}" into [inputs], or loader = "none" into [target]'
            yield Problem(ProblemKind.BOOT_SCRIPT_BESIDE, message, manifest.location("inputs.device-tree"), help_text)


def _edits_a_tree(path: str) -> bool:
    data = read_bytes(path, Location(path), _LARGEST)
    return isinstance(data, bytes) and _COMMANDS.search(data) is not None
