"""Modules found in their folders at once, their compiled forms kept in one file next to Python's own.

Python's finders and its files of one module each take a third of the time that importing takes. As with those files, a
module is read anew when its source has another time or size, and what cannot be written is not kept.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source
from types import CodeType, ModuleType
from zlib import crc32

_Place = tuple[str, int, int, int, int]  # the source's file, its time in ns and size; offset and length of the code
_BYTES = 4  # of a number in the head: the length of the index, and its checksum


class KeptCode:
    """Compiled modules by name. Those that are not there yet are noted, and written by `keep`."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[str, _Place] = {}
        self.noted: dict[str, tuple[str, int, int, CodeType]] = {}
        self._begin = len(MAGIC_NUMBER) + 2 * _BYTES
        self._opened = -1
        try:
            self._opened = os.open(file, os.O_RDONLY)
            head = os.read(self._opened, self._begin).removeprefix(MAGIC_NUMBER)
            length, check = int.from_bytes(head[:_BYTES], "little"), int.from_bytes(head[_BYTES:], "little")
            index = os.read(self._opened, min(length, os.fstat(self._opened).st_size))
            if len(head) == 2 * _BYTES and crc32(index) == check:
                self.places = dict(marshal.loads(index))
                self._begin += length
        except (OSError, ValueError, EOFError, TypeError):
            self.places = {}

    @classmethod
    def of(cls, source: str) -> KeptCode:
        """What is kept in the folder of the compiled form of this source file."""
        return cls(f"{cache_from_source(source).removesuffix('.pyc')}.kept")

    def code(self, name: str, file: str, state: os.stat_result) -> bytes | None:
        """A module's compiled form; None if it is not kept, or was made of another state of the file."""
        place = self.places.get(name)
        if place is None or place[:3] != (file, state.st_mtime_ns, state.st_size):
            return None
        found = os.pread(self._opened, place[4], self._begin + place[3])
        return found if len(found) == place[4] else None

    def keep(self) -> None:
        """Write what is kept, and what was noted; quietly nothing where Python would write nothing."""
        if not self.noted or sys.dont_write_bytecode:
            return
        whole: list[bytes] = []
        places: dict[str, _Place] = {}
        at = 0
        for name, (file, time, size, code) in self.noted.items():
            whole.append(marshal.dumps(code))
            places[name] = (file, time, size, at, len(whole[-1]))
            at += len(whole[-1])
        for name, (file, time, size, begin, length) in self.places.items():
            if name not in self.noted:
                whole.append(os.pread(self._opened, length, self._begin + begin))
                places[name] = (file, time, size, at, length)
                at += length
        index = marshal.dumps(places)
        head = len(index).to_bytes(_BYTES, "little") + crc32(index).to_bytes(_BYTES, "little")
        written = f"{self.file}.{os.getpid()}"
        try:
            with open(written, "xb") as out:
                out.write(MAGIC_NUMBER + head + index + b"".join(whole))
            os.replace(written, self.file)
        except OSError:
            with suppress(OSError):
                os.unlink(written)


class _Loader(SourceFileLoader):
    """Python's own loader, which asks first what is kept."""

    def __init__(self, name: str, file: str, kept: KeptCode, state: os.stat_result) -> None:
        super().__init__(name, file)
        self._kept, self._state = kept, state

    def get_code(self, fullname: str) -> CodeType | None:
        known = self._kept.code(fullname, self.path, self._state)
        if known is not None:
            found: CodeType = marshal.loads(known)
            return found
        code = super().get_code(fullname)
        if code is not None:
            self._kept.noted[fullname] = (self.path, self._state.st_mtime_ns, self._state.st_size, code)
        return code


class PureModules:
    """Finds the modules of a few packages in their folder, without asking every finder and every folder for each.

    What is not found here is left to Python's own finders.
    """

    # None has a compiled module next to a source of the same name.
    PACKAGES = frozenset(("colorcheck", "json", "lark", "msgspec", "pluggy", "rich", "tomllib", "z3"))

    def __init__(self, kept: KeptCode) -> None:
        self.kept = kept
        self.names: dict[str, frozenset[str]] = {}  # of the files in a folder

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        """The module's spec, if the package that contains it is one folder that has it as a Python file."""
        package, _, last = name.rpartition(".")
        if package.partition(".")[0] not in self.PACKAGES or path is None or len(path) != 1:
            return None
        folder = path[0]
        names = self.names.get(folder)
        if names is None:
            try:
                names = self.names[folder] = frozenset(os.listdir(folder))
            except OSError:  # in an archive
                return None
        inside = last in names  # a package wins against a module of the same name
        if not inside and f"{last}.py" not in names:
            return None
        file = f"{folder}/{last}/__init__.py" if inside else f"{folder}/{last}.py"
        try:
            state = os.stat(file)
        except OSError:
            return None
        spec = ModuleSpec(name, _Loader(name, file, self.kept, state), origin=file, is_package=inside)
        spec.has_location = True
        if sys.pycache_prefix is None:  # what the property would compute, slowly
            of = f"{folder}/{last}" if inside else folder
            spec.cached = f"{of}/__pycache__/{'__init__' if inside else last}.{sys.implementation.cache_tag}.pyc"
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(f"{folder}/{last}")
        return spec
