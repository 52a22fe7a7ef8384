"""Which files a run may read: if restricted, those in the work tree that contains the manifest, and named ones.

The command line restricts its runs, because an untrusted checkout could name any file of the machine and have it quoted
in a public report. The library does not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct


class Boundary(Struct, frozen=True):
    """`top` is a folder, without links in its name, that must contain the files; `named` are further files and
    folders.
    """

    top: str
    named: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the file, with all links followed, is inside; git's own files are not."""
        real = os.path.realpath(path)
        if any(_within(real, name) for name in self.named):
            return True
        return _within(real, self.top) and ".git" not in os.path.relpath(real, self.top).split(os.sep)


_CURRENT: ContextVar[Boundary | None] = ContextVar("boundary", default=None)


def work_tree(folder: str) -> str | None:
    """The top of the git work tree that holds a folder, by its `.git`; None if there is none."""
    here = os.path.realpath(folder or ".")
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
    return here


def boundary_of(folder: str, named: Iterable[str] = ()) -> Boundary | None:
    """The boundary of a deployment in `folder`; None if it is not in a work tree."""
    top = work_tree(folder)
    return Boundary(top, tuple(os.path.realpath(name) for name in named)) if top else None


def restrict(boundary: Boundary | None) -> None:
    """From now on (in this process, until the next call), only files in the boundary are read; None for all files."""
    _CURRENT.set(boundary)


@contextmanager
def restricted(boundary: Boundary | None) -> Iterator[None]:
    """Like `restrict`, while the context is active."""
    token = _CURRENT.set(boundary)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def outside(path: str) -> bool:
    """Whether the file must not be read."""
    current = _CURRENT.get()
    if current is None:
        return False
    try:
        return not current.holds(path)
    except (OSError, ValueError):
        return True


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
