"""File name patterns with `*`, `?`, `[…]` and `**`, without following links to folders below a `**`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from glob import escape, has_magic

from colorcheck.files.watching import asks_content, asks_pattern

MOST = 100_000
"""Folders that one pattern may visit; a pattern that needs more matches only what was found by then."""


def is_pattern(name: str) -> bool:
    """Whether the name has a wildcard in it and is not simply the name of a file."""
    if has_magic(name):
        asks_content(name)
    return has_magic(name) and not os.path.lexists(name)


def matches(pattern: str) -> tuple[str, ...]:
    """The files that match a pattern, in alphabetical order, each once. Folders that cannot be entered are skipped."""
    asks_pattern(pattern)
    absolute = pattern.startswith(os.sep)
    parts = [part for part in pattern.split(os.sep) if part not in ("", ".")]
    left = [MOST]
    return tuple(sorted(set(_below(os.sep if absolute else "", parts, left))))


def endings_in(folder: str, endings: Iterable[str]) -> tuple[str, ...]:
    """The names in a folder with these endings, ignoring case and including hidden ones. The listing is watched."""
    for ending in endings:
        for start in ("*", ".*"):
            asks_pattern(os.path.join(escape(folder), f"{start}{_any_case(ending)}"))
    try:
        names = sorted(os.listdir(folder or "."))
    except (OSError, ValueError):
        return ()
    return tuple(name for name in names if name.lower().endswith(tuple(endings)))


def in_any_case(path: str) -> str | None:
    """The file of this name, as a FAT file system finds it: in letters of any case. The search is watched."""
    folder, last = os.path.split(path)
    asks_pattern(os.path.join(escape(folder), _any_case(last)))
    try:
        names = sorted(os.listdir(folder or "."))
    except (OSError, ValueError):
        return None
    found = next((name for name in names if name.lower() == last.lower()), None)
    return None if found is None else os.path.join(folder, found)


def whole_folder(folder: str) -> None:
    """To be called before a folder is listed with all folders below it."""
    asks_pattern(os.path.join(escape(folder), "**"))


def _any_case(text: str) -> str:
    """A pattern that matches the text in letters of any case."""
    return "".join(f"[{c.lower()}{c.upper()}]" if c.lower() != c.upper() else escape(c) for c in text)


def _below(base: str, parts: list[str], left: list[int]) -> Iterator[str]:
    if not parts:
        if base:
            yield base
        return
    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _below(base, rest, left)
        for name, is_folder in _entries(base, left):
            if is_folder and not name.startswith("."):
                yield from _below(os.path.join(base, name), parts, left)
        if not rest:
            yield from (os.path.join(base, name) for name, is_folder in _entries(base, left) if not is_folder)
    elif has_magic(first):
        for name, _ in _entries(base, left):
            hidden = name.startswith(".") and not first.startswith(".")
            if not hidden and fnmatchcase(name, first):
                path = os.path.join(base, name)
                if not rest or os.path.isdir(path):
                    yield from _below(path, rest, left)
    else:
        path = os.path.join(base, first)
        if os.path.lexists(path):
            yield from _below(path, rest, left)


def _entries(folder: str, left: list[int]) -> list[tuple[str, bool]]:
    """(name, whether it is a folder and no link) of what a folder has."""
    left[0] -= 1
    if left[0] < 0:
        return []
    try:
        with os.scandir(folder or ".") as found:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
    except (OSError, ValueError):
        return []
