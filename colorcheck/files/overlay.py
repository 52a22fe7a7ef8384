"""Contents that replace files: standard input, and unsaved changes in an editor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_OVER: ContextVar[Mapping[str, bytes]] = ContextVar("overlay", default={})  # noqa: B039 - replaced, never changed


@contextmanager
def laid_over(files: Mapping[str, bytes]) -> Iterator[None]:
    """While the context is active, these contents (by file name) are read instead of the files."""
    token = _OVER.set({_key(name): content for name, content in files.items()})
    try:
        yield
    finally:
        _OVER.reset(token)


def lay_over(name: str, content: bytes) -> None:
    """From now on (until the context of `laid_over` ends) this content is read as the file `name`."""
    _OVER.set({**_OVER.get(), _key(name): content})


def content_over(name: str) -> bytes | None:
    """The content that is read instead of a file; None if there is none."""
    over = _OVER.get()
    return over.get(_key(name)) if over else None


def _key(name: str) -> str:
    return os.path.normpath(os.path.abspath(name))
