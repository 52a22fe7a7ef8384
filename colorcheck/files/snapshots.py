"""A revision as a folder: only requested files are created, from git's objects."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import ExitStack
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path

from colorcheck.files.git import GitError, git
from colorcheck.files.reading import POINTER_LARGEST, is_pointer
from colorcheck.files.revisions import (
    LARGEST,
    MOST_LINKS,
    Objects,
    RevisionEntry,
    RevisionTree,
    objects,
    repository,
    tree_of,
)
from colorcheck.files.watching import ending_patterns


def fetched_file(top: Path, pointer: bytes) -> Path | None:
    """The file with the content for a pointer of git LFS, if it was fetched and matches the pointer."""
    match = re.search(rb"^oid sha256:([0-9a-f]{64})$", pointer, re.MULTILINE)
    if match is None:
        return None
    name = match[1].decode()
    try:
        common = Path(os.fsdecode(git(top, "rev-parse", "--git-common-dir").rstrip(b"\n")))
        path = Path(top) / common / "lfs" / "objects" / name[:2] / name[2:4] / name
        with path.open("rb") as file:
            return path if hashlib.file_digest(file, "sha256").hexdigest() == name else None
    except (GitError, OSError):
        return None


def split_pattern(pattern: str) -> tuple[str, str]:
    """The folder in front of the first wildcard, and the last part of a pattern."""
    folder, last = os.path.split(pattern)
    while has_magic(folder):
        folder = os.path.dirname(folder)
    return folder, last


def _is_below(name: str, folder: str) -> bool:
    return not folder or name.startswith(f"{folder}/")


class Snapshot:
    """A folder into which files of a revision are put when they are asked for: a `Watcher` of the file system.

    Links are made where they stay inside of the revision. A submodule that is checked out gives what it has at the
    commit of the revision, and a pointer of git LFS gives the content that was fetched. What is not on this machine (of
    a submodule that is not checked out, of LFS, of a partial clone) is not there.
    """

    def __init__(self, tree: RevisionTree, folder: Path, source: Objects) -> None:
        self.tree = tree
        self.folder = Path(os.path.realpath(folder))
        self._source = source
        self._linked = False
        self._whole: set[str] = set()
        self._sized: set[str] = set()
        self._inner: dict[str, Snapshot | None] = {}
        self._open = ExitStack()

    def close(self) -> None:
        """End the git processes of submodules."""
        self._open.close()

    def content(self, path: str) -> None:
        """Create the file if the revision has it."""
        name = self._name(path)
        if name is not None:
            self._bring(name, whole=True)

    def size(self, path: str) -> None:
        """Create a file of the right size; its content is not read."""
        name = self._name(path)
        if name is not None:
            self._bring(name, whole=False)

    def pattern(self, pattern: str) -> None:
        """Create all files that the pattern may match."""
        folder, last = split_pattern(pattern)
        plain = self._name(folder or ".")
        if plain is not None:
            self._match(plain, last)

    def endings(self, folder: str, endings: tuple[str, ...]) -> None:
        """Create all files that have one of these endings."""
        for pattern in ending_patterns(folder, endings):
            self.pattern(pattern)

    def _match(self, folder: str, last: str) -> None:
        """Create the files at any depth below a folder whose last part matches."""
        self._make_links()
        root = self._resolved(folder)
        if root is None:
            return
        for name, entry in self.tree.entries.items():
            if not entry.submodule:
                continue
            above, inside = _is_below(name, root), name == root or _is_below(root, name)
            inner = self._submodule(name) if above or inside else None
            if inner is not None:
                inner._match(os.path.relpath(root, name) if inside else ".", last)
        for name in self.tree.entries:
            if _is_below(name, root) and fnmatchcase(os.path.basename(name), last):
                self._bring(name, whole=True)

    def _make_links(self) -> None:
        """Create all links, since a pattern may lead through any of them."""
        links = () if self._linked else tuple(name for name, entry in self.tree.entries.items() if entry.link)
        self._linked = True
        for name in links:
            self._bring(name, whole=True)

    def _name(self, path: str) -> str | None:
        relative = os.path.relpath(os.path.abspath(path), self.folder)
        return None if relative == ".." or relative.startswith("../") else relative

    def _bring(self, name: str, *, whole: bool) -> None:
        found = self._resolved(name)
        if found is None or found in self._whole or (not whole and found in self._sized):
            return
        entry = self.tree.entries.get(found)
        if entry is None:
            self._bring_of_submodule(found, whole=whole)
            return
        size = self._source.size(entry.oid) if entry.file else None
        if size is None:
            return
        target = self.folder / found
        target.parent.mkdir(parents=True, exist_ok=True)
        content = self._source.read(entry.oid) if whole or size <= POINTER_LARGEST else None
        if content is not None and is_pointer(content):
            fetched = fetched_file(self.tree.top, content)
            if fetched is not None:
                size = fetched.stat().st_size
                content = fetched.read_bytes() if whole and size <= LARGEST else None
        if content is not None:
            target.write_bytes(content)
            self._whole.add(found)
            return
        with target.open("wb") as file:  # too large to be read: so the reader says of this one
            file.truncate(size)
        self._sized.add(found)

    def _bring_of_submodule(self, name: str, *, whole: bool) -> None:
        above = os.path.dirname(name)
        while above and above not in self.tree.entries:
            above = os.path.dirname(above)
        inner = self._submodule(above) if above else None
        if inner is not None:
            inner._bring(os.path.relpath(name, above), whole=whole)

    def _submodule(self, name: str) -> Snapshot | None:
        """The snapshot of a submodule at the commit that the revision names; None if it is not on this machine."""
        if name not in self._inner:
            self._inner[name] = self._made(name, self.tree.entries[name])
        return self._inner[name]

    def _made(self, name: str, entry: RevisionEntry) -> Snapshot | None:
        top = Path(os.path.realpath(self.tree.top)) / name
        if not entry.submodule or Path(os.path.realpath(top)) != top:
            return None
        try:
            if Path(os.path.realpath(repository(top))) != top:
                return None
            tree = tree_of(top, entry.oid)
            inner = Snapshot(tree, self.folder / name, self._open.enter_context(objects(top)))
        except GitError:
            return None
        self._open.callback(inner.close)
        return inner

    def _resolved(self, name: str) -> str | None:
        """The name after following all links, which are created on the way; None if it leads out of the revision."""
        left, here = [part for part in name.split("/") if part != "."], ""
        for _ in range(MOST_LINKS * 100):
            if not left:
                return here
            here, left = os.path.normpath(os.path.join(here, left[0])), left[1:]
            if here == ".":
                here = ""
            if here == ".." or here.startswith("../"):
                return None
            entry = self.tree.entries.get(here)
            if entry is not None and entry.link:
                target = self._link(here, entry)
                if target is None:
                    return None
                here, left = os.path.dirname(here), [*target.split("/"), *left]
            elif entry is not None and entry.submodule and left:
                return os.path.normpath(os.path.join(here, *left))
            elif (entry is None and here not in self.tree.folders) or (entry is not None and left):
                return None
        return None

    def _link(self, name: str, entry: RevisionEntry) -> str | None:
        content = self._source.read(entry.oid, 4096)
        if content is None or content.startswith(b"/") or b"\0" in content or not content:
            return None
        target = os.fsdecode(content)
        inside = os.path.normpath(os.path.join(os.path.dirname(name), target))
        if inside == ".." or inside.startswith("../"):
            return None
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(place):
            place.symlink_to(target)
        return target
