"""File system accesses of a run can be watched: to record the dependencies of a result, or to create files on demand.

Everything that reads inputs asks here first, so that no kind of input can be forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Watcher(Protocol):
    """Called before a file is read or searched, before only its size is read, and before a pattern is matched."""

    def content(self, path: str) -> None: ...

    def size(self, path: str) -> None: ...

    def pattern(self, pattern: str) -> None: ...


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
