"""Identifies this colorcheck: version, commit if it runs from a checkout, the hash of its own files, its plugins."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

import colorcheck
from colorcheck.files.resources import data_folder
from colorcheck.plugins.manager import plugins

_PACKAGE = Path(colorcheck.__file__).resolve().parent


@cache
def tool() -> dict[str, object]:
    """The tool's identity, the same on every machine and Python version."""
    return {"version": colorcheck.__version__, "commit": _commit(), "sha256": _own_files()}


def environment() -> dict[str, str]:
    """Python, system and solver of this machine."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "z3": version("z3-solver"),
    }


def plugins_used() -> list[dict[str, object]]:
    """Every plugin with its version and what it adds."""
    return [
        {
            "name": plugin.name,
            "module": plugin.module,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "adds": {kind: sorted(names) for kind, names in plugin.adds},
        }
        for plugin in plugins().loaded
    ]


def _own_files() -> str:
    """The hash of the package, its grammars and boards, over each file's name and content."""
    found = hashlib.sha256()
    for folder in (_PACKAGE, data_folder("grammars"), data_folder("boards")):
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
            name = path.relative_to(folder)
            if path.is_file() and "__pycache__" not in name.parts and name.parts[0] != "_data":
                found.update(f"{folder.name}/{name.as_posix()}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _commit() -> str | None:
    """The commit of the checkout that the package runs from; None if it is installed."""
    top = _PACKAGE.parent
    if not (top / ".git").exists() or not (top / "pyproject.toml").is_file():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(top), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
