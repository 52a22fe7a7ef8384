"""`python -m colorcheck` and the command `colorcheck`: one process for one command."""

import atexit
import gc
import os
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import NoReturn

# `python -m` searches modules in the current folder first, which may be an untrusted checkout.
try:
    _HERE = os.getcwd()
except OSError:
    _HERE = ""
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", _HERE):
    del sys.path[0]
if os.path.dirname(os.path.dirname(os.path.abspath(__file__))) not in sys.path:
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

OBJECTS = 100_000
"""New containers before the garbage collector runs. Most runs create fewer, and hardly any cycles."""


class PureModules:
    """Finds the modules of a few packages in their folder, without asking every finder and every folder for each.

    Python's own finders take a sixth of the time of importing. What is not found here is left to them.
    """

    PACKAGES = frozenset(("colorcheck", "lark", "rich", "z3"))  # without compiled modules next to their sources

    def __init__(self) -> None:
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
        file = f"{folder}/{last}/__init__.py" if inside else f"{folder}/{last}.py"
        if not (os.path.isfile(file) if inside else f"{last}.py" in names):
            return None
        spec = ModuleSpec(name, SourceFileLoader(name, file), origin=file, is_package=inside)
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(f"{folder}/{last}")
        return spec


def start() -> NoReturn:
    """Run the command line and end the process with its exit status."""
    gc.set_threshold(OBJECTS, 20, 20)
    sys.meta_path.insert(0, PureModules())
    from colorcheck.cli import main

    end(main())


def end(status: int) -> NoReturn:
    """End at once if there is no thread to wait for: freeing the memory of solver and modules takes time."""
    if all(thread.daemon or thread is threading.main_thread() for thread in threading.enumerate()):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.exit(status)
        atexit._run_exitfuncs()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    start()
