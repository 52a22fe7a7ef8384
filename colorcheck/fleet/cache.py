"""Results cached between runs, keyed by the content of everything on which they depend."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict, replace

from colorcheck.files import resources
from colorcheck.files.atomic import write_whole
from colorcheck.files.patterns import listed_once
from colorcheck.files.reading import contents
from colorcheck.fleet.checked import Checked, Job
from colorcheck.fleet.inputs import Dependency, DependencyKind, State
from colorcheck.plugins.manager import plugins
from colorcheck.verification.exit import Exit

SCHEMA = "colorcheck/result/1"
MOST_BYTES = 256 << 20
OLDEST = 30 * 24 * 3600.0  # seconds since an entry was last used
_LARGEST = 64 << 20


class ResultCache(Struct, frozen=True):
    """A folder of results. Safe under parallel runs: an entry is written whole, and read with its own checksums.

    An entry says for which job and which states of which inputs it is, with a checksum over all of it. One with any
    unknown field, that another user could have written, or whose status a run could not have stored, is ignored.
    """

    folder: Path

    def get(self, job: Job) -> Checked | None:
        """The result of exactly this job on exactly these files; None if not known."""
        key = _key(job)
        path = self._path(key)
        try:
            found = os.lstat(path)
            if found.st_uid != os.getuid() or found.st_mode & 0o022:
                return None
            document = json.loads(contents(path, _LARGEST, named=True))
            entry = document["entry"]
            if document["schema"] != SCHEMA or document["sha256"] != _checksum(entry) or entry["job"] != key:
                return None
            checked = _checked(entry["checked"], job)
            if checked is not None and _are_as_they_were(entry["inputs"]):
                os.utime(path)
                return replace(checked, cached=True)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            return None
        return None

    def put(self, job: Job, checked: Checked, inputs: Mapping[Dependency, State]) -> None:
        """Store a result with the states of its inputs.

        Faults, and results that another run may decide, are not stored.
        """
        if checked.status not in _KEPT:
            return
        key = _key(job)
        known = [[each.kind, each.name, state] for each, state in inputs.items()]
        entry = {"job": key, "inputs": known, "checked": json.loads(json.dumps(asdict(checked)))}
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps({"schema": SCHEMA, "sha256": _checksum(entry), "entry": entry})
            write_whole(path, text, lasting=False)  # a damaged entry counts as none
            path.chmod(0o600)
            if path.name.startswith(("00", "55", "aa", "ff", "33")):
                self.prune()
        except OSError:
            return

    def prune(self, most: int = MOST_BYTES, oldest: float = OLDEST) -> None:
        """Delete entries that were not used for a long time, and the oldest ones if there are too many."""
        found = []
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*.json"):
            with suppress(OSError):
                state = path.lstat()
                found.append((state.st_mtime, state.st_size, path))
        now, size = time.time(), 0
        for used, length, path in sorted(found, reverse=True):
            size += length
            if size > most or now - used > oldest:
                with suppress(OSError):
                    path.unlink()

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / name[:2] / f"{name}.json"


_KEPT = frozenset((int(Exit.CLEAN), int(Exit.FINDINGS), int(Exit.NOTHING), int(Exit.UNDECIDED)))


def _key(job: Job) -> str:
    """The key of an entry besides the files: this tool, the folder to which names are relative, the job."""
    return f"{tool_digest()}\0{os.getcwd()}\0{sorted(asdict(job).items())}"


def _are_as_they_were(inputs: Iterable[tuple[str, str, State]]) -> bool:
    with listed_once():
        return all(Dependency(DependencyKind(kind), name).state() == state for kind, name, state in inputs)


def _checksum(entry: object) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def _checked(said: Mapping[str, object], job: Job) -> Checked | None:
    """A result from its JSON; None unless every field is there and is of its kind."""
    kinds: dict[str, type | tuple[type, ...]] = {name: _KINDS[kind] for name, kind in Checked.__annotations__.items()}
    if said.keys() != kinds.keys() or said["manifest"] != job.manifest:
        return None
    if not all(isinstance(said[name], kind) and type(said[name]) is not _NOT.get(kind) for name, kind in kinds.items()):
        return None
    if said["status"] not in _KEPT or {*said["documents"], *said["rendered"]} != set(job.formats):  # type: ignore[misc]
        return None
    return Checked(**{**said, "inputs": tuple(said["inputs"])})  # type: ignore[arg-type]


_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "dict[str, object]": dict,
    "dict[str, str]": dict,
    "tuple[str, ...]": list,
}
_NOT: dict[object, type] = {int: bool}  # which is an int to Python


def user_cache() -> ResultCache | None:
    """The cache of this user; None if there is no folder for it."""
    folder = resources.cache_folder()
    return ResultCache(folder / "results") if folder else None


@cache
def tool_digest() -> str:
    """The hash of colorcheck's own files and data, of Python, and of every installed distribution with its version."""
    found = hashlib.sha256(sys.version.encode())
    here = Path(__file__).resolve().parents[1]
    folders = [here, *(resources.data_folder(name) for name in ("grammars", "boards")), *_plugin_folders()]
    files = {path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else [folder])}
    for path in sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts):
        found.update(f"{path}\0".encode() + path.read_bytes())
    for entry in sorted(f"{each.name}=={each.version}" for each in distributions()):
        found.update(entry.encode())
    return found.hexdigest()


def _plugin_folders() -> Iterator[Path]:
    """Where the code of the loaded plugins is: of a package its folder, of a module its file."""
    for plugin in plugins().loaded:
        try:
            spec = find_spec(plugin.module.partition(":")[0])
        except (ImportError, ValueError):
            continue
        if spec is not None:
            places = spec.submodule_search_locations or ([spec.origin] if spec.origin else [])
            yield from map(Path, places)
