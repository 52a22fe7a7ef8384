"""A deployment in a revision: only the files that it reads, created in a folder from git's objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from colorcheck.files.boundary import Boundary, restricted
from colorcheck.files.revisions import RevisionTree, objects, tree_of
from colorcheck.files.snapshots import Snapshot
from colorcheck.files.watching import watched
from colorcheck.inputs.manifest.manifest_reader import NAME


class Checkout(Struct, frozen=True):
    """The folder used as the top of the repository, and the names in the revision."""

    folder: Path
    tree: RevisionTree

    def manifests(self, below: str) -> tuple[str, ...]:
        """The manifests of all deployments below a folder of the repository ("" for its top), relative to the top."""
        return manifests_of(self.tree, below)


def manifests_of(tree: RevisionTree, below: str = "") -> tuple[str, ...]:
    """The manifests that a revision has below a folder of the repository ("" for its top), relative to the top."""
    inside = f"{below}/" if below else ""
    return tuple(
        sorted(
            name
            for name, entry in tree.entries.items()
            if os.path.basename(name) == NAME and name.startswith(inside) and not entry.submodule
        )
    )


@contextmanager
def at_revision(top: Path, revision: str, *, allow_outside: bool = False) -> Iterator[Checkout]:
    """Files below the checkout's folder are created when they are read, while the context is active."""
    tree = tree_of(top, revision)
    with TemporaryDirectory(prefix="colorcheck-") as name, objects(top) as source:
        snapshot = Snapshot(tree, Path(name), source)
        boundary = None if allow_outside else Boundary(str(snapshot.folder))
        with closing(snapshot), watched(snapshot), restricted(boundary):
            yield Checkout(snapshot.folder, tree)
