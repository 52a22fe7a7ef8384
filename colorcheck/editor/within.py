"""The context of all work for an editor: unsaved texts, the boundary of the deployment, and the limits on cost."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import GIB
from colorcheck.files.boundary import boundary_of, restricted
from colorcheck.files.costs import Allowance, TooCostly, allowed, costing
from colorcheck.files.overlay import laid_over
from colorcheck.inputs.device_tree.remembered import Trees, remembering
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest

PATIENCE = Allowance(seconds=20.0, memory=2 * GIB)
"""The limits of each step while the user types and waits."""

_TREES = Trees()


@contextmanager
def editing(manifest: str, unsaved: Mapping[str, str]) -> Iterator[None]:
    """For the time of the context, texts of the editor (by the real names of their files) are what is read, only
    files of the deployment's work tree are, and no step costs more than PATIENCE."""
    over = {name: text.encode("utf-8", "surrogatepass") for name, text in unsaved.items()}
    inside = restricted(boundary_of(os.path.dirname(manifest), (manifest,)))
    with laid_over(over), inside, allowed(PATIENCE), remembering(_TREES):
        yield


def read(manifest: str) -> Manifest:
    """The manifest, read within `editing`. Raises ManifestError, also if reading it costs too much."""
    try:
        with costing():
            return read_manifest(manifest)
    except TooCostly as error:
        where = Location(error.file or manifest)
        raise ManifestError(Problem(ProblemKind.TOO_COSTLY, f"reading it {error.reason}", where)) from None
