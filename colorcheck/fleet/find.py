"""Finds deployments below a folder, and names those that are skipped."""

from __future__ import annotations

import os

from msgspec import Struct

from colorcheck.inputs.manifest.manifest_reader import NAME

_OTHERS = frozenset(("node_modules", "__pycache__"))


class Passed(Struct, frozen=True):
    """A folder or a manifest that was skipped, and why. A run that skipped something does not end with 0."""

    name: str
    reason: str


class FoundManifests(Struct, frozen=True):
    """The manifests below a folder, in order, and what was skipped."""

    manifests: tuple[str, ...]
    passed: tuple[Passed, ...] = ()


def deployments_below(folder: str) -> FoundManifests:
    """Every `colorcheck.toml` below a folder; not in hidden folders, environments and links to folders.

    Such a folder is reported as skipped only if it contains a deployment; one that cannot be entered always is.
    """
    found: list[str] = []
    passed: list[Passed] = []
    roots = [(folder, "")]
    while roots:
        root, why = roots.pop()
        for here, folders, files in os.walk(root, onerror=lambda error: passed.append(_closed(error))):
            if NAME in files or os.path.islink(os.path.join(here, NAME)):
                name = os.path.normpath(os.path.join(here, NAME))
                (passed.append(Passed(name, why)) if why else found.append(name))
            kept = []
            for name in folders:
                path = os.path.join(here, name)
                reason = why or _reason(path, name)
                if name == ".git" or (os.path.islink(path) and (why or _inside(path, folder))):
                    continue
                if reason and not why:
                    roots.append((path, reason))
                else:
                    kept.append(name)
            folders[:] = kept
    return FoundManifests(tuple(sorted(found)), tuple(sorted(passed, key=lambda each: each.name)))


def _closed(error: OSError) -> Passed:
    return Passed(str(error.filename), f"the folder cannot be entered: {error.strerror}")


def _reason(path: str, name: str) -> str:
    """Why the deployments in a folder are skipped; empty if they are not."""
    if os.path.islink(path):
        return "it is behind a symbolic link to a folder"
    if name.startswith("."):
        return "it is in a hidden folder"
    if name in _OTHERS or os.path.lexists(os.path.join(path, "pyvenv.cfg")):
        return "it is in an environment of other software"
    return ""


def _inside(path: str, folder: str) -> bool:
    """Whether a link leads to a folder that is walked anyway, or to one that holds the link."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return os.path.commonpath([real, root]) in (real, root)
