"""The public API. All functions take text or paths and return frozen values with `to_dict`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from colorcheck.documents.boots import Effective, Replay
from colorcheck.hardware.board import Board
from colorcheck.inputs.device_tree.read import DeviceTreeError, ParsedDeviceTree, parse_device_tree
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import NAME, ManifestError, read_manifest
from colorcheck.verification.results import Verification
from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.options.color_lists import ColorListRejected, parse_color_list
from colorcheck.xen.options.options import parse_boot_arguments

if TYPE_CHECKING:
    from colorcheck.loader.handover import Handover
    from colorcheck.plan.problem import Plan
    from colorcheck.replay.lifecycle import HeapState

__all__ = [
    "ColorListRejected",
    "DeviceTreeError",
    "ManifestError",
    "ParsedDeviceTree",
    "board",
    "boards",
    "effective",
    "handover",
    "lifecycle",
    "parse_boot_arguments",
    "parse_color_list",
    "parse_device_tree",
    "parse_xl",
    "plan",
    "replay",
    "verify",
]


def verify(manifest: str | Path, *, time_limit: float | None = None) -> Verification:
    """Check the deployment of a manifest, or of the folder that contains one, and prove its theorems.

    Theorems that are undecided after `time_limit` seconds are unknown. Raises ManifestError.
    """
    from colorcheck.workflows import verify as pipeline

    return pipeline.verify(_manifest(manifest), time_limit=time_limit)


def handover(manifest: str | Path) -> Handover:
    """What Xen receives from the boot loader of a deployment: tree, memory reservations, modules.

    Raises ManifestError.
    """
    from colorcheck.workflows.handover import handover as followed

    return followed(_manifest(manifest))


def replay(manifest: str | Path) -> Replay:
    """Boot a deployment in the simulated allocator. Raises ManifestError."""
    from colorcheck.workflows import verify as pipeline

    return Replay(pipeline.replay(_manifest(manifest)))


def lifecycle(manifest: str | Path, steps: Sequence[tuple[object, ...]]) -> tuple[HeapState, ...]:
    """The color heap when guests are created, destroyed and rebooted and domains balloon after boot.

    `steps` are ("create", xl file), ("destroy", name), ("reboot", name) and ("balloon", name, KiB: the new size of the
    memory). One value per step, with `created` (None if the step creates nothing), `failure` and `heap`, the free
    frames per color, under the first release of the manifest. Raises ManifestError, and ValueError for a malformed step
    or a boot that ends without a color heap.
    """
    from colorcheck.workflows.lifecycle import lives

    first = lives(_manifest(manifest), steps).lives[0]
    if first.stopped:
        raise ValueError(first.stopped)
    return first.states


def effective(manifest: str | Path) -> Effective:
    """What each Xen does with a deployment. Raises ManifestError."""
    from colorcheck.workflows import verify as pipeline

    return Effective(pipeline.effective(_manifest(manifest)))


def plan(manifest: str | Path) -> Plan:
    """Colors that are disjoint and fit, or why there are none. Raises ManifestError."""
    from colorcheck.workflows import verify as pipeline

    return pipeline.plan(_manifest(manifest))[0].plan


def board(name: str) -> Board:
    """A board of the catalogue. Raises ValueError for an unknown name."""
    from colorcheck.plugins.manager import catalogue

    return catalogue().board(name)


def boards() -> tuple[Board, ...]:
    """All boards of the catalogue, by name."""
    from colorcheck.plugins.manager import catalogue

    return catalogue().boards()


def _manifest(path: str | Path) -> Manifest:
    path = Path(path)
    return read_manifest(str(path / NAME if os.path.isdir(path) else path))
