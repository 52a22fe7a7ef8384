"""Modules found in their folders at once, their compiled forms kept in one file next to Python's own.

Python's finders and its files of one module each take a third of the time that importing takes. As with those files, a
module is read anew when its source has another time or size, and what cannot be written is not kept.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source
from threading import enumerate as enumerate_threads
from threading import get_ident
from types import CodeType, ModuleType
from zlib import adler32, crc32

# The source's file, its time in ns and size; offset, length and checksum of the code.
_Place = tuple[str, int, int, int, int, int]
_BYTES = 4  # of a number in the head: the length of the index, and its checksum


class KeptCode:
    """Compiled modules by name, and which ones importing a module imports. What is not there yet is noted, and written
    by `keep`.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[str, _Place] = {}
        self.groups: dict[str, tuple[str, ...]] = {}  # in the order in which they were complete
        self.noted: dict[str, tuple[str, int, int, CodeType]] = {}
        self.grown = False
        self._begin = len(MAGIC_NUMBER) + 2 * _BYTES
        self._opened = -1
        with suppress(OSError, ValueError, EOFError, TypeError):
            self._opened = os.open(file, os.O_RDONLY)
            head = os.read(self._opened, self._begin).removeprefix(MAGIC_NUMBER)
            length, check = int.from_bytes(head[:_BYTES], "little"), int.from_bytes(head[_BYTES:], "little")
            index = os.read(self._opened, min(length, os.fstat(self._opened).st_size))
            if len(head) == 2 * _BYTES and crc32(index) == check:
                places, groups = marshal.loads(index)
                self.places, self.groups = dict(places), dict(groups)
                self._begin += length

    @classmethod
    def of(cls, source: str) -> KeptCode:
        """What is kept in the folder of the compiled form of this source file."""
        return cls(f"{cache_from_source(source).removesuffix('.pyc')}.kept")

    def code(self, name: str, file: str, state: os.stat_result) -> CodeType | None:
        """A module's compiled form; None if it is not kept, or was made of another state of the file."""
        place = self.places.get(name)
        if place is None or place[:3] != (file, state.st_mtime_ns, state.st_size):
            return None
        found = self._read(place)
        code: CodeType | None = marshal.loads(found) if found is not None else None
        return code

    def _read(self, place: _Place) -> bytes | None:
        """The bytes that were kept; None if the file is damaged, or is no longer to be had."""
        *_, at, length, check = place
        try:
            found = os.pread(self._opened, length, self._begin + at)
        except OSError:
            return None
        return found if len(found) == length and adler32(found) == check else None

    def group(self, name: str, imported: Sequence[str]) -> None:
        """Note what importing a module imported, beyond what it was known to."""
        known = self.groups.get(name, ())
        new = tuple(each for each in imported if each not in known)
        if new:
            self.groups[name] = known + new
            self.grown = True

    def keep(self) -> None:
        """Write what is kept, and what was noted; quietly nothing where Python would write nothing."""
        if not (self.noted or self.grown) or sys.dont_write_bytecode:
            return
        written = f"{self.file}.{os.getpid()}"
        try:
            content = self._content()
            # Not as `files.atomic` writes, which follows the umask: no one else may write what will be run, as with
            # Python's own compiled modules.
            with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as out:
                out.write(content)
            os.replace(written, self.file)
        except (OSError, ValueError, MemoryError, KeyboardInterrupt):
            with suppress(OSError):
                os.unlink(written)

    def _content(self) -> bytes:
        whole: list[bytes] = []
        places: dict[str, _Place] = {}
        at = 0
        for name, (file, time, size, code) in self._all():
            whole.append(code)
            places[name] = (file, time, size, at, len(code), adler32(code))
            at += len(code)
        index = marshal.dumps((places, self.groups))
        head = len(index).to_bytes(_BYTES, "little") + crc32(index).to_bytes(_BYTES, "little")
        return MAGIC_NUMBER + head + index + b"".join(whole)

    def _all(self) -> Iterator[tuple[str, tuple[str, int, int, bytes]]]:
        for name, (file, time, size, code) in self.noted.items():
            yield name, (file, time, size, marshal.dumps(code))
        for name, place in self.places.items():
            file, time, size, *_ = place
            if name not in self.noted and os.path.isfile(file) and (found := self._read(place)) is not None:
                yield name, (file, time, size, found)


class _Loader(SourceFileLoader):
    """Python's own loader, which asks first what is kept."""

    def __init__(self, name: str, file: str, finder: PureModules, state: os.stat_result) -> None:
        super().__init__(name, file)
        self._finder, self.state = finder, state

    def get_code(self, fullname: str) -> CodeType | None:
        kept = self._finder.kept
        code = kept.code(fullname, self.path, self.state)
        if code is None:
            code = super().get_code(fullname)
            if code is not None:
                kept.noted[fullname] = (self.path, self.state.st_mtime_ns, self.state.st_size, code)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code. All that it is known to import comes first, without Python's machinery, which takes
        half as long again as the modules themselves.
        """
        finder, name = self._finder, module.__name__
        if finder.thread != get_ident():
            super().exec_module(module)
            return
        outermost = finder.depth == 0
        finder.depth += 1
        try:
            if outermost:
                finder.complete.clear()
                if _is_alone() and not finder.load(finder.kept.groups.get(name, ())):
                    del finder.kept.groups[name]  # to be noted again
            module.__dict__.update(finder.orphans.pop(name, {}))
            super().exec_module(module)
        finally:
            finder.depth -= 1
        if outermost:
            finder.kept.group(name, finder.complete)
        elif finder.is_own(name):
            finder.complete.append(name)


def _is_alone() -> bool:
    """Whether no other thread can import anything, which would take a module that is not complete for one that is."""
    return all(thread.ident == get_ident() or thread.name in IMPORT_NOTHING for thread in enumerate_threads())


IMPORT_NOTHING = frozenset(("alarms", "interrupt"))
"""The names of colorcheck's own threads that only wait."""


class PureModules:
    """Finds the modules of a few packages in their folder, without asking every finder and every folder for each.

    What is not found here is left to Python's own finders.
    """

    # None has a compiled module next to a source of the same name.
    PACKAGES = frozenset(("colorcheck", "json", "lark", "msgspec", "pluggy", "rich", "tomllib"))

    def __init__(self, kept: KeptCode, own: str = "", folder: str = "") -> None:
        self.kept = kept
        self.own, self.folder = own, folder
        self.names: dict[str, frozenset[str]] = {}  # of the files in a folder
        self.thread = get_ident()
        self.depth = 0  # of modules that import each other right now
        self.complete: list[str] = []  # own ones since the outermost of these
        self.orphans: dict[str, dict[str, ModuleType]] = {}  # modules by the name of a package that comes after them

    def is_own(self, name: str) -> bool:
        """Whether a module is one of the package whose modules import each other in no circle."""
        return bool(self.own) and name.startswith(f"{self.own}.")

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        """The module's spec, if the package that contains it is one folder that has it as a Python file."""
        package, _, last = name.rpartition(".")
        if package.partition(".")[0] not in self.PACKAGES or path is None or len(path) != 1:
            return None
        folder = path[0]
        names = self._files(folder)
        inside = last in names  # a package wins against a module of the same name
        if not inside and f"{last}.py" not in names:
            return None
        return self._spec(name, f"{folder}/{last}/__init__.py" if inside else f"{folder}/{last}.py")

    def _files(self, folder: str) -> frozenset[str]:
        names = self.names.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(folder))
            except OSError:  # in an archive
                names = frozenset()
            self.names[folder] = names
        return names

    def _spec(self, name: str, file: str) -> ModuleSpec | None:
        try:
            state = os.stat(file)
        except OSError:
            return None
        folder, _, last = file.rpartition("/")
        inside = last == "__init__.py"
        spec = ModuleSpec(name, _Loader(name, file, self, state), origin=file, is_package=inside)
        spec.has_location = True
        if sys.pycache_prefix is None:  # what the property would compute, slowly
            spec.cached = f"{folder}/__pycache__/{last[:-3]}.{sys.implementation.cache_tag}.pyc"
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(folder)
        return spec

    def load(self, names: Sequence[str]) -> bool:
        """Import modules that import only others before them. Stops, and returns False, at the first that is not kept
        as its source is now, or fails; it is then imported in the usual way.
        """
        for name in names:
            if name in sys.modules:
                continue
            spec, code = self._kept(name)
            if spec is None or code is None:
                return False
            module = sys.modules[name] = ModuleType(name)
            space = module.__dict__
            space.update(__spec__=spec, __loader__=spec.loader, __file__=spec.origin, __cached__=spec.cached)
            space["__package__"] = spec.parent
            if spec.submodule_search_locations is not None:
                space["__path__"] = spec.submodule_search_locations
                space.update(self.orphans.pop(name, {}))
            try:
                exec(code, space)
            except BaseException as error:
                del sys.modules[name]
                if isinstance(error, Exception):
                    return False
                raise
            package, _, last = name.rpartition(".")
            if package in sys.modules:
                setattr(sys.modules[package], last, module)
            else:
                self.orphans.setdefault(package, {})[last] = module
            self.complete.append(name)
        return True

    def _kept(self, name: str) -> tuple[ModuleSpec | None, CodeType | None]:
        """A module of the package where it must be, with what is kept of it."""
        file = self.kept.places.get(name, ("",))[0]
        inside = f"{self.folder}/{name.removeprefix(f'{self.own}.').replace('.', '/')}"
        folder, _, last = inside.rpartition("/")
        expected = f"{inside}/__init__.py" if last in self._files(folder) else f"{inside}.py"
        if not self.is_own(name) or file != expected:
            return None, None
        spec = self._spec(name, file)
        loader = spec.loader if spec else None
        return spec, self.kept.code(name, file, loader.state) if isinstance(loader, _Loader) else None
