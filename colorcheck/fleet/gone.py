"""Manifests that a revision has and the work tree has not: deleted, moved, or not checked out."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from glob import has_magic

from msgspec import Struct

from colorcheck.files.costs import TooCostly, costing
from colorcheck.files.git import GitError, git
from colorcheck.files.revisions import Objects, RevisionEntry, RevisionTree, objects, tree_of
from colorcheck.fleet.asked import asked
from colorcheck.fleet.at_revision import Checkout, at_revision
from colorcheck.fleet.find import Passed
from colorcheck.fleet.inputs import files_of
from colorcheck.inputs.manifest.manifest_reader import NAME, read_manifest

_ALIKE = 0.8
"""Above this share of common lines, a manifest at a new place is one that was moved; `diff --recursive` names both."""


class GoneManifests(Struct, frozen=True):
    """`passed` decide; `unchanged` are not checked out (a sparse checkout), and the change does not touch them."""

    passed: tuple[Passed, ...] = ()
    unchanged: int = 0


def gone_since(tree: RevisionTree, folder: str, manifests: Iterable[str], *, allow_outside: bool) -> GoneManifests:
    """What became of the manifests that the revision has below the folder; `manifests` are those that are there.

    One that was moved is checked at its new place, and no more said of. Raises GitError.
    """
    top, root = os.path.realpath(tree.top), os.path.realpath(folder)
    present = {os.path.relpath(os.path.realpath(name), top): name for name in manifests}
    missing = [
        name for name in _manifests_of(tree) if _is_missing(os.path.join(top, name), root) and name not in present
    ]
    if not missing:
        return GoneManifests()
    new = [path for name, path in sorted(present.items()) if name not in tree.entries]
    passed: list[Passed] = []
    unchanged = 0
    with objects(tree.top) as source:
        for name in missing:
            if _taken_along(tree, source, name, new):
                continue
            if not _is_sparse(tree, name):
                passed.append(_passed(top, name, "its manifest existed and is gone"))
            elif _is_touched(tree, name, allow_outside=allow_outside):
                passed.append(_passed(top, name, "it is not checked out here (a sparse checkout), and was changed"))
            else:
                unchanged += 1
    return GoneManifests(tuple(passed), unchanged)


def _passed(top: str, name: str, reason: str) -> Passed:
    return Passed(os.path.relpath(os.path.join(top, name)), reason)


def _manifests_of(tree: RevisionTree) -> Iterator[str]:
    return (name for name in sorted(tree.entries) if os.path.basename(name) == NAME)


def _is_missing(path: str, root: str) -> bool:
    return os.path.commonpath([path, root]) == root and not os.path.lexists(path)


def _taken_along(tree: RevisionTree, source: Objects, name: str, new: list[str]) -> bool:
    """Whether a manifest at a new place is this one; each stands for one only."""
    content = source.read(tree.entries[name].oid)
    old = (content or b"").decode("utf-8", "replace").splitlines()
    for path in new:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                now = file.read(1 << 20).splitlines()
        except OSError:
            continue
        if difflib.SequenceMatcher(None, old, now, autojunk=False).ratio() > _ALIKE:
            new.remove(path)
            return True
    return False


def _is_sparse(tree: RevisionTree, name: str) -> bool:
    """Whether git was asked not to check it out."""
    try:
        return git(tree.top, "ls-files", "-t", "-z", "--", name).startswith(b"S ")
    except GitError:
        return False


def _is_touched(tree: RevisionTree, name: str, *, allow_outside: bool) -> bool:
    """Whether anything that the deployment reads at HEAD differs from the revision."""
    head = tree_of(tree.top, "HEAD")
    if name not in head.entries or _links(head) != _links(tree):
        return True
    with at_revision(tree.top, "HEAD", allow_outside=allow_outside) as checkout:
        try:
            with costing():
                deployment, read = asked(read_manifest(str(checkout.folder / name)))
        except (Exception, TooCostly):
            return True
        patterns = [_Matching.of(checkout, each) for each in read.patterns]
        names = {name, *(_inside(checkout, each) for each in (*read.contents, *read.sizes, *files_of(deployment)))}
    if any(each is None or head.entries.get(each) != tree.entries.get(each) for each in names):
        return True
    return any(each is None or each.found_in(head) != each.found_in(tree) for each in patterns)


class _Matching(Struct, frozen=True):
    """A pattern in a revision: names below a folder, by their last part."""

    folder: str
    last: str

    @classmethod
    def of(cls, checkout: Checkout, pattern: str) -> _Matching | None:
        folder, last = os.path.split(os.path.abspath(pattern))
        while has_magic(folder):
            folder = os.path.dirname(folder)
        inside = _inside(checkout, folder)
        return None if inside is None else cls("" if inside == "." else f"{inside}/", last)

    def found_in(self, tree: RevisionTree) -> dict[str, RevisionEntry]:
        """What the revision has of it."""
        return {
            name: entry
            for name, entry in tree.entries.items()
            if name.startswith(self.folder) and fnmatchcase(os.path.basename(name), self.last)
        }


def _links(tree: RevisionTree) -> dict[str, str]:
    return {name: entry.oid for name, entry in tree.entries.items() if entry.link}


def _inside(checkout: Checkout, path: str) -> str | None:
    """The name of a file in the revision, links followed; None outside of it."""
    relative = os.path.relpath(os.path.realpath(path), checkout.folder)
    return None if relative == ".." or relative.startswith("../") else relative
