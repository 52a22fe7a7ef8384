"""What a run asks of the file system can be watched: to know what a result rests on, or to bring files into being.

Everything that reads inputs asks here first, so that no kind of input can be forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Watcher(Protocol):
    """Is called before a file is read or looked for, before its size alone is asked, before a pattern is matched."""

    def content(self, path: str) -> None: ...

    def size(self, path: str) -> None: ...

    def pattern(self, pattern: str) -> None: ...


class Recorder:
    """Remembers what was asked, in its order."""

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
    """Tell the watcher for the time of the context, beside those that are there."""
    token = _WATCHERS.set((*_WATCHERS.get(), watcher))
    try:
        yield
    finally:
        _WATCHERS.reset(token)


def asks_content(path: str) -> None:
    """To be called before a file is read, or looked for to be read."""
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
