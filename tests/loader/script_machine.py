"""U-Boot at the end of a script, for tests that look at its variables."""

from __future__ import annotations

from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.loader.u_boot.follow import ScriptRun, ScriptWorld
from colorcheck.loader.u_boot.machine import UBootMachine


def script_machine(manifest: Manifest, tree: DeviceTree | None, script: str, data: bytes) -> UBootMachine:
    """The state of U-Boot at the end of the usual way through a script."""
    return ScriptWorld(manifest, tree, script, ScriptRun(script, data), {}).machine
