"""Results kept from run to run, by the content of everything that they depend on."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from colorcheck.core.value import dataclass
from colorcheck.files import resources
from colorcheck.files.atomic import write_whole
from colorcheck.fleet.checked import Checked, Job
from colorcheck.fleet.inputs import Dependency, State
from colorcheck.plugins.manager import plugins
from colorcheck.verification.results import Exit


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of results. Safe under parallel runs: an entry is written whole, and read with its own checksums."""

    folder: Path

    def get(self, job: Job) -> Checked | None:
        """The result of the very same job on the very same files, if it is known."""
        try:
            entry = json.loads(self._path(job).read_text(encoding="utf-8"))
            if all(Dependency(kind, name).state() == known for kind, name, known in entry["inputs"]):
                return replace(Checked(**entry["checked"]), cached=True)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return None

    def put(self, job: Job, checked: Checked, inputs: Mapping[Dependency, State]) -> None:
        """Keep a result with the states of its inputs. Faults are not kept."""
        if checked.status not in (Exit.FAULT, Exit.USAGE):
            try:
                path = self._path(job)
                known = [(each.kind, each.name, state) for each, state in inputs.items()]
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, json.dumps({"inputs": known, "checked": asdict(checked)}))
            except OSError:
                return

    def _path(self, job: Job) -> Path:
        name = hashlib.sha256(f"{tool_digest()}\0{os.getcwd()}\0{sorted(asdict(job).items())}".encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.json"


def user_cache() -> Cache | None:
    """The cache of this user; None where there is no folder for it."""
    folder = resources.cache_folder()
    return Cache(folder / "results") if folder else None


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
