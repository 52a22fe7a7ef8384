"""The deployments that a change touches: all except those whose inputs are known to be as in the revision."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase

from colorcheck.files.boundary import boundary_of, restricted
from colorcheck.files.costs import TooCostly, costing
from colorcheck.files.revisions import Objects, RevisionTree, Vouched, objects, tree_of
from colorcheck.fleet.asked import asked
from colorcheck.fleet.inputs import ended_early, files_of
from colorcheck.inputs.manifest.manifest_reader import read_manifest


def touched(manifests: Iterable[str], tree: RevisionTree, *, allow_outside: bool = False) -> tuple[str, ...]:
    """The manifests of the deployments that are not known to be as in the revision."""
    with objects(tree.top) as source:
        return tuple(name for name in manifests if _is_touched(name, tree, source, allow_outside=allow_outside))


def _is_touched(manifest: str, tree: RevisionTree, source: Objects, *, allow_outside: bool) -> bool:
    """Whether a deployment is touched; one that cannot be read completely always is, since the change may have
    removed a file that it includes.
    """
    with restricted(None if allow_outside else boundary_of(os.path.dirname(manifest))):
        try:
            with costing():
                deployment, read = asked(read_manifest(manifest))
        except (Exception, TooCostly):
            return True  # the check tells why
    if ended_early(deployment):
        return True
    vouched = Vouched(tree, source)
    names = dict.fromkeys((manifest, *read.contents, *read.sizes, *files_of(deployment)))
    return not all(map(vouched.unchanged, names)) or any(_other_matches(p, tree) for p in read.patterns)


def _other_matches(pattern: str, tree: RevisionTree) -> bool:
    """Whether the revision has a file that the pattern would match and that is not there any more."""
    top = os.path.realpath(tree.top)
    folder, last = os.path.split(os.path.abspath(pattern))
    plain = folder
    while any(character in plain for character in "*?["):
        plain = os.path.dirname(plain)
    root = os.path.relpath(os.path.realpath(plain), top)
    if root == ".." or root.startswith("../"):
        return True  # git vouches for nothing there
    inside = "" if root == "." else f"{root}/"
    return any(
        name.startswith(inside) and fnmatchcase(os.path.basename(name), last)
        for name in tree.entries
        if not os.path.lexists(os.path.join(top, name))
    )


__all__ = ["touched", "tree_of"]
