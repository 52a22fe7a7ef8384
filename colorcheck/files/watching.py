"""File system accesses of a run can be watched: to record the dependencies of a result, or to create files on demand.

Everything that reads inputs asks here first, so that no kind of input can be forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from glob import escape
from typing import Protocol


class Watcher(Protocol):
    """Called before a file is read or searched, before only its size is read, before a pattern is matched, and before
    names with certain endings (in letters of any case, hidden ones too) are looked for in a folder.
    """

    def content(self, path: str) -> None: ...

    def size(self, path: str) -> None: ...

    def pattern(self, pattern: str) -> None: ...

    def endings(self, folder: str, endings: tuple[str, ...]) -> None: ...


class Recorder:
    """Records all accesses, in order."""

    def __init__(self) -> None:
        self.contents: dict[str, None] = {}
        self.sizes: dict[str, None] = {}
        self.patterns: dict[str, None] = {}

    def content(self, path: str) -> None:
        self.contents[os.path.normpath(path)] = None

    def size(self, path: str) -> None:
        self.sizes[os.path.normpath(path)] = None

    def pattern(self, pattern: str) -> None:
        self.patterns[os.path.normpath(pattern)] = None

    def endings(self, folder: str, endings: tuple[str, ...]) -> None:
        for pattern in ending_patterns(folder, endings):
            self.pattern(pattern)


_WATCHERS: ContextVar[tuple[Watcher, ...]] = ContextVar("watchers", default=())


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Notify the watcher while the context is active, in addition to others."""
    token = _WATCHERS.set((*_WATCHERS.get(), watcher))
    try:
        yield
    finally:
        _WATCHERS.reset(token)


def asks_content(path: str) -> None:
    """To be called before a file is read, or searched for reading."""
    for watcher in _WATCHERS.get():
        watcher.content(path)


def asks_size(path: str) -> None:
    """To be called before the size of a file is asked, which is not read."""
    for watcher in _WATCHERS.get():
        watcher.size(path)


def asks_pattern(pattern: str) -> None:
    """To be called before a pattern is matched."""
    for watcher in _WATCHERS.get():
        watcher.pattern(pattern)


def asks_endings(folder: str, endings: tuple[str, ...]) -> None:
    """To be called before names with these endings are looked for in a folder."""
    for watcher in _WATCHERS.get():
        watcher.endings(folder, endings)


def ending_patterns(folder: str, endings: tuple[str, ...]) -> Iterator[str]:
    """The patterns that match all names in a folder with these endings."""
    for ending in endings:
        for start in ("*", ".*"):
            yield os.path.join(escape(folder), f"{start}{any_case(ending)}")


def any_case(text: str) -> str:
    """A pattern that matches the text in letters of any case."""
    return "".join(f"[{c.lower()}{c.upper()}]" if c.lower() != c.upper() else escape(c) for c in text)
