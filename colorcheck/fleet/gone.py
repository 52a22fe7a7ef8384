"""Manifests that are in a revision but not in the work tree: deleted, moved, or not checked out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

from colorcheck.files.costs import TooCostly, costing
from colorcheck.files.git import GitError, git
from colorcheck.files.reading import contents_if_any
from colorcheck.files.revisions import RevisionEntry, RevisionTree, objects
from colorcheck.files.snapshots import split_pattern
from colorcheck.fleet.asked import asked
from colorcheck.fleet.at_revision import Checkout, at_revision, manifests_of
from colorcheck.fleet.find import Passed
from colorcheck.fleet.inputs import files_of
from colorcheck.inputs.manifest.manifest_reader import read_manifest

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
    missing = [name for name in manifests_of(tree) if _is_missing(os.path.join(top, name), root)]
    if not missing:
        return GoneManifests()
    new = [(path, _lines(contents_if_any(path))) for name, path in sorted(present.items()) if name not in tree.entries]
    with objects(tree.top) as source:
        missing = [name for name in missing if not _taken_along(_lines(source.read(tree.entries[name].oid)), new)]
    sparse = _sparse(tree, missing)
    touched = _touched(tree, sparse, allow_outside=allow_outside)
    reasons = {
        **dict.fromkeys(missing, "its manifest existed and is gone"),
        **dict.fromkeys(touched, "it is not checked out here (a sparse checkout), and was changed"),
    }
    passed = tuple(_passed(top, name, reasons[name]) for name in missing if name not in sparse or name in touched)
    return GoneManifests(passed, len(sparse) - len(touched))


def _passed(top: str, name: str, reason: str) -> Passed:
    return Passed(os.path.relpath(os.path.join(top, name)), reason)


def _is_missing(path: str, root: str) -> bool:
    """Whether a manifest is missing; one replaced by a folder, or behind a changed link, counts as missing."""
    if os.path.commonpath([path, root]) != root:
        return False
    folder = os.path.dirname(path)
    return os.path.realpath(folder) != folder or not os.path.lexists(path) or os.path.isdir(path)


def _lines(content: bytes | None) -> Counter[bytes]:
    return Counter((content or b"").splitlines())


def _taken_along(old: Counter[bytes], new: list[tuple[str, Counter[bytes]]]) -> bool:
    """Whether a manifest at a new place is this one; each of them counts for one only."""
    for each in new:
        if 2 * (old & each[1]).total() > _ALIKE * (old.total() + each[1].total()):
            new.remove(each)
            return True
    return False


def _sparse(tree: RevisionTree, names: list[str]) -> frozenset[str]:
    """The names that a sparse checkout excludes."""
    if not names:
        return frozenset()
    try:
        listed = git(tree.top, "ls-files", "-t", "-z").split(b"\0")
    except GitError:
        return frozenset()
    skipped = {os.fsdecode(each[2:]) for each in listed if each.startswith(b"S ")}
    return frozenset(names) & skipped


def _touched(tree: RevisionTree, names: frozenset[str], *, allow_outside: bool) -> frozenset[str]:
    """Those of which anything that the deployment reads at HEAD differs from the revision."""
    if not names:
        return frozenset()
    with at_revision(tree.top, "HEAD", allow_outside=allow_outside) as checkout:
        if _links(checkout.tree) != _links(tree):
            return names
        return frozenset(name for name in names if _is_touched(tree, checkout, name))


def _is_touched(tree: RevisionTree, checkout: Checkout, name: str) -> bool:
    head = checkout.tree
    if name not in head.entries:
        return True
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
        folder, last = split_pattern(os.path.abspath(pattern))
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
