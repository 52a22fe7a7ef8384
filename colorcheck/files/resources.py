"""Finds grammars and boards, in the installed package or in the checkout next to it, and a folder for caches."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parents[1]  # the package


def data_folder(name: str) -> Path:
    """The folder `grammars` or `boards`."""
    shipped = _HERE / "_data" / name
    return shipped if shipped.is_dir() else _HERE.parent / name


def grammar(name: str) -> str:
    """The text of a Lark grammar, by its name without ending."""
    return (data_folder("grammars") / f"{name}.lark").read_text(encoding="utf-8")


def tables(name: str) -> str:
    """The parser tables of a Lark grammar as JSON. Raises OSError if there are none."""
    return (data_folder("grammars") / "tables" / f"{name}.json").read_text(encoding="utf-8")


def common_table(name: str) -> dict[str, Any]:
    """A table of `boards/common`, by its name without ending."""
    folder = data_folder("boards") / "common"
    text = (folder / f"{name}.toml").read_text(encoding="utf-8")
    try:
        made = json.loads((folder / "made" / f"{name}.json").read_text(encoding="utf-8"))
        if made["of"] == digest(text):
            table: dict[str, Any] = made["table"]
            return table
    except (OSError, ValueError, KeyError, TypeError):
        pass
    import tomllib  # takes 25 times as long

    return tomllib.loads(text)


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def cache_folder() -> Path | None:
    """The user's own folder for files that can be regenerated.

    `$COLORCHECK_CACHE`, else `colorcheck` in `$XDG_CACHE_HOME` or `~/.cache`. None if `$COLORCHECK_CACHE` is `off`,
    and where no folder belongs to this user, can be written to, and by no one else.
    """
    given = os.environ.get("COLORCHECK_CACHE", "")
    if given == "off":
        return None
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = Path(given) if given else base / "colorcheck"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        usable = found.st_uid == os.getuid() and not found.st_mode & 0o022 and os.access(folder, os.W_OK)
    except (OSError, RuntimeError):
        return None
    return folder if usable else None
