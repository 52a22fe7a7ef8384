"""Finds deployments, and those that a change touches."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

from colorcheck.fleet.inputs import ended_early, files_of, patterns_of, sized_files_of
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest_reader import NAME

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


def touched(deployment: Deployment, changed: Collection[Path]) -> bool:
    """Whether a change of these files (absolute, without links above them; deleted ones too) touches a deployment.

    One that cannot be read to its end always counts: the change may have removed what it includes.
    """
    if ended_early(deployment):
        return True
    for name in (*files_of(deployment), *sized_files_of(deployment)):
        for path in (_placed(name), Path(os.path.realpath(name))):
            # A folder counts as changed where it is a submodule.
            if path in changed or any(folder in changed for folder in path.parents):
                return True
    patterns = [str(_placed(pattern)).replace("**/", "*") for pattern in patterns_of(deployment)]
    return any(fnmatch(str(path), pattern) for pattern in patterns for path in changed)


def _placed(name: str) -> Path:
    """The absolute name with the links above it resolved, not the file itself where it is a link."""
    return Path(os.path.realpath(os.path.dirname(name) or "."), os.path.basename(name))
