"""Finds deployments, and the files that each is made of."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest import Manifest
from colorcheck.inputs.manifest_reader import NAME

_SKIPPED = frozenset(("node_modules", "__pycache__"))


def deployments_below(folder: str) -> Iterator[str]:
    """Every `colorcheck.toml` below a folder, sorted; not in hidden folders, environments and links to folders."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and not os.path.exists(f"{here}/{name}/pyvenv.cfg")
        )
        if NAME in files:
            yield os.path.normpath(os.path.join(here, NAME))


def files_of(deployment: Deployment) -> tuple[str, ...]:
    """All files that a deployment is made of, whether or not they could be read: named ones and included ones."""
    manifest = deployment.manifest
    target = manifest.target
    named = [manifest.device_tree, *manifest.overlays, manifest.image_builder, target.kconfig, target.xen_image]
    named += [name for name in manifest.domains if not _is_pattern(name)]
    named += [target.board] if target.board and target.board.endswith(".toml") else []
    named += [policy.miss_curve for policy in manifest.domain_policies]
    found = [manifest.file, *(_below(manifest, name) for name in named if name)]
    found += deployment.tree.files if deployment.tree else ()
    found += [guest.file for guest in deployment.guests]
    found += [problem.location.file for problem in deployment.problems if os.path.isfile(problem.location.file)]
    return tuple(dict.fromkeys(os.path.normpath(name) for name in found))


def touched(deployment: Deployment, changed: Collection[Path]) -> bool:
    """Whether a change of these files (absolute, deleted ones too) touches a deployment."""
    own = {Path(os.path.abspath(name)) for name in files_of(deployment)}
    if not own.isdisjoint(changed):
        return True
    manifest = deployment.manifest
    patterns = [os.path.abspath(_below(manifest, name)) for name in manifest.domains if _is_pattern(name)]
    return any(fnmatch(str(path), pattern) for pattern in patterns for path in changed)


def _below(manifest: Manifest, name: str) -> str:
    return os.path.join(manifest.folder, name)


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[")
