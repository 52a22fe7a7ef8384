"""The files that a script can load: those of the manifest, those available here under their name, and their sources."""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.files.patterns import in_any_case
from colorcheck.files.reading import Unreadable, is_file, opened, size_of
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.file_kinds import Slot
from colorcheck.inputs.files import problem_of, read_bytes
from colorcheck.inputs.manifest.manifest import Manifest, TargetFile
from colorcheck.inputs.recognition import kind_of, other_kind
from colorcheck.loader.u_boot.blob import MAGIC, Side, compile_tree, side_of

LARGEST = 16 << 20
_HEAD = 1 << 16
_SOURCES = {".dtb": (".dts",), ".dtbo": (".dtso", ".dts"), ".scr": (), ".uimg": ()}


class File(Struct, frozen=True):
    """A file as U-Boot loads it: its size in bytes, what is known about its beginning, and where a tree's parts are."""

    name: str
    size: int
    data: bytes
    path: str = ""
    side: Side | None = None


class Media(Struct):
    """All media together: what is not found here may be on one of them all the same."""

    manifest: Manifest
    folders: tuple[str, ...]
    tree: DeviceTree | None = None
    problems: list[Problem] = field(default_factory=list)
    read: dict[tuple[str, bool], File | None] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """The trees that are here and cannot be read: their paths by the names that the script has for them."""

    def find(self, name: str, *, any_case: bool = False) -> File | None:
        """The file of a name on the medium, None if it is neither here nor in the manifest. `any_case`: as a FAT
        file system finds it."""
        key = (name, any_case)
        if key not in self.read:
            self.read[key] = self._find(name, any_case)
        return self.read[key]

    def given_tree(self) -> File | None:
        """The manifest's own device tree, as a blob in memory."""
        if self.tree is None:
            return None
        data = _original(self.tree)
        blob = data if data is not None else compile_tree(self.tree)
        return File(self.tree.file, len(blob), blob, self.tree.file, side_of(self.tree))

    def _find(self, name: str, any_case: bool) -> File | None:
        plain = os.path.normpath(name).strip("/") if name else name
        given = self._listed(plain, any_case)
        if given is not None:
            return self._given(given)
        path = self._path(plain, any_case)
        if path is not None:
            return self._at(name, path, None, symbols=False)
        stem, ending = os.path.splitext(plain)
        for other in _SOURCES.get(ending.lower(), ()):
            path = self._path(stem + other, any_case)
            if path is not None:
                return self._at(name, path, None, symbols=False)
        return None

    def similar(self, name: str) -> File | None:
        """A file that is here under the last part of the name, or the manifest's own tree for one of a tree; none for a
        file that the manifest lists and that cannot be read."""
        if self._listed(os.path.normpath(name).strip("/"), any_case=True) is not None:
            return None
        base = os.path.basename(name)
        found = self.find(base) if base and base != name.strip("/") else None
        named = next((file for file in self.manifest.target.files if os.path.basename(file.name) == base), None)
        if found is None and named is not None and base:
            found = self._given(named)
        if found is None and name.lower().endswith(".dtb"):
            return self.given_tree()
        return found

    def _listed(self, plain: str, any_case: bool) -> TargetFile | None:
        files = self.manifest.target.files
        tests: list[Callable[[str], bool]] = [lambda known: known.strip("/") == plain]
        if any_case:
            tests.append(lambda known: known.strip("/").lower() == plain.lower())
        return next((file for test in tests for file in files if test(file.name)), None)

    def _given(self, given: TargetFile) -> File | None:
        if given.file is None:
            return File(given.name, given.size or 0, b"")
        path = os.path.normpath(os.path.join(self.manifest.folder, given.file))
        return self._at(given.name, path, given.size, symbols=given.symbols, named_at=given.location)

    def _path(self, plain: str, any_case: bool) -> str | None:
        """The path of a file available here under its whole name, ignoring case if `any_case`; None if there is
        none.
        """
        for folder in self.folders:
            path = os.path.normpath(os.path.join(folder, plain))
            if not plain or os.path.relpath(path, folder or ".").startswith(".."):
                continue
            if is_file(path):
                return path
            found = in_any_case(path) if any_case else None
            if found is not None and is_file(found):
                return found
        return None

    def _at(
        self, name: str, path: str, size: int | None, *, symbols: bool, named_at: Location | None = None
    ) -> File | None:
        self.used[path] = None
        where = named_at or Location(path)
        if path.endswith((".dts", ".dtso")):
            return self._source(name, path, size, symbols, where)
        length = size_of(path)
        data = read_bytes(path, where, LARGEST) if length is None or length <= LARGEST else _head(path, where)
        if isinstance(data, Problem):
            self.problems.append(data)
            return None
        side = _side_of_blob(path, data) if data[:4] == MAGIC else None
        if side is None and path.lower().endswith((".dtb", ".dtbo")):
            other = kind_of(path, data, where, Slot.DEVICE_TREE)
            self.problems += (other,) if other else ()
        return File(name, len(data) if length is None else length, data, path, side)

    def _source(self, name: str, path: str, size: int | None, symbols: bool, named_at: Location) -> File | None:
        from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree

        if self.tree is not None and path == self.tree.file and not symbols and not self.manifest.overlays:
            blob = compile_tree(self.tree, size)
            return File(name, len(blob), blob, path, side_of(self.tree))
        include = [os.path.join(self.manifest.folder, folder) for folder in self.manifest.include]
        try:
            tree = read_device_tree(path, symbols=symbols, include_dirs=include)
        except DeviceTreeError as error:
            other = other_kind(path, named_at, Slot.DEVICE_TREE)
            self.problems += (other,) if other else error.problems
            self.broken[name] = path
            return None
        for file in tree.files:
            self.used[file] = None
        blob = compile_tree(tree, size)
        return File(name, len(blob), blob, path, side_of(tree))


def _head(path: str, named_at: Location) -> bytes | Problem:
    """How a file begins that is too large to be held as a whole."""
    try:
        with opened(path) as file:
            return file.read(_HEAD)
    except Unreadable as error:
        return problem_of(error, named_at)


def _original(tree: DeviceTree) -> bytes | None:
    """The bytes of a tree that was read from a blob."""
    if tree.file.endswith((".dts", ".dtso")):
        return None
    data = read_bytes(tree.file, Location(tree.file), LARGEST)
    return data if isinstance(data, bytes) and data[:4] == MAGIC else None


def _side_of_blob(path: str, data: bytes) -> Side | None:
    from colorcheck.inputs.device_tree.device_tree_blob import read_blob

    tree = read_blob(path, data).tree
    return None if tree is None else side_of(tree)
