"""File name patterns with `*`, `?`, `[…]` and `**`, without following links to folders below a `**`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from glob import escape, has_magic
from itertools import takewhile

from colorcheck.files.watching import any_case, asks_content, asks_endings, asks_pattern

MOST = 100_000
"""Folders that one pattern may visit; a pattern that needs more matches only what was found by then."""

_LISTED: ContextVar[dict[str, list[tuple[str, bool]]] | None] = ContextVar("listed", default=None)


@contextmanager
def listed_once() -> Iterator[None]:
    """While the context is active, patterns are matched with one listing of each folder, as it was when it was first
    needed.
    """
    token = _LISTED.set({})
    try:
        yield
    finally:
        _LISTED.reset(token)


def is_pattern(name: str) -> bool:
    """Whether the name has a wildcard in it and is not simply the name of a file."""
    if has_magic(name):
        asks_content(name)
    return has_magic(name) and not os.path.lexists(name)


def matches(pattern: str) -> tuple[str, ...]:
    """The files that match a pattern, in alphabetical order, each once. Folders that cannot be entered are skipped."""
    asks_pattern(pattern)
    folder, last = os.path.split(pattern)
    if has_magic(last) and last != "**" and not has_magic(folder) and os.path.normpath(pattern) == pattern:
        names = [name for name, _ in _entries(folder, [1]) if _fits(name, last)]
        return tuple(sorted(os.path.join(folder, name) for name in names))
    absolute = pattern.startswith(os.sep)
    parts = [part for part in pattern.split(os.sep) if part not in ("", ".")]
    left = [MOST]
    return tuple(sorted(set(_below(os.sep if absolute else "", parts, left))))


def endings_in(folder: str, endings: tuple[str, ...]) -> tuple[str, ...]:
    """The names in a folder with these endings, ignoring case and including hidden ones. The listing is watched."""
    asks_endings(folder, endings)
    return tuple(sorted(name for name, _ in _entries(folder, [1]) if name.lower().endswith(endings)))


def in_any_case(path: str) -> str | None:
    """The file of this name, as a FAT file system finds it: in letters of any case. The search is watched."""
    folder, last = os.path.split(path)
    asks_pattern(os.path.join(escape(folder), any_case(last)))
    try:
        names = sorted(os.listdir(folder or "."))
    except (OSError, ValueError):
        return None
    found = next((name for name in names if name.lower() == last.lower()), None)
    return None if found is None else os.path.join(folder, found)


def whole_folder(folder: str) -> None:
    """To be called before a folder is listed with all folders below it."""
    asks_pattern(os.path.join(escape(folder), "**"))


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
            if _fits(name, first):
                path = os.path.join(base, name)
                if not rest or os.path.isdir(path):
                    yield from _below(path, rest, left)
    else:
        plain = list(takewhile(lambda part: not has_magic(part), parts))
        path = os.path.join(base, *plain)
        if os.path.lexists(path):
            yield from _below(path, parts[len(plain) :], left)


def _fits(name: str, pattern: str) -> bool:
    return (not name.startswith(".") or pattern.startswith(".")) and fnmatchcase(name, pattern)


def _entries(folder: str, left: list[int]) -> list[tuple[str, bool]]:
    """(name, whether it is a folder and no link) of what a folder has."""
    left[0] -= 1
    if left[0] < 0:
        return []
    listed = _LISTED.get()
    if listed is None:
        return _scanned(folder)
    if folder not in listed:
        listed[folder] = _scanned(folder)
    return listed[folder]


def _scanned(folder: str) -> list[tuple[str, bool]]:
    try:
        with os.scandir(folder or ".") as found:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
    except (OSError, ValueError):
        return []
