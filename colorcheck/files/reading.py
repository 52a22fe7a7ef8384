"""All opening of untrusted files: only plain files of a limited size, without blocking.

A pipe, a device, a folder, an endless or a vanished file is an `Unreadable` with the reason, never a wait. While
`boundary.restricted` holds, so is a file outside of what the user named.
"""

from __future__ import annotations

import os
import re
import stat
from io import BufferedReader, BytesIO

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.units import MIB, size
from colorcheck.files.boundary import outside
from colorcheck.files.overlay import content_over
from colorcheck.files.watching import asks_content, asks_size

LARGEST = 16 * MIB
_POINTER = b"version https://git-lfs.github.com/spec/"
_ANNEX = re.compile(rb"(?:/annex/objects/|(?:\.\./)*\.git/annex/objects/)[^\n\0]{1,400}\n?")
POINTER_LARGEST = 1024  # bytes, as the LFS specification limits a pointer


class Unreadable(OSError):
    """A file that is not read; `kind` is `unreadable`, `outside`, `lfs-pointer` or `too-large`."""

    def __init__(self, path: str, kind: ProblemKind, reason: str, advice: str = "") -> None:
        super().__init__(0, reason)
        self.path = path
        self.kind = kind
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def opened(path: str | os.PathLike[str], largest: int | None = None, *, named: bool = False) -> BufferedReader:
    """A plain file, open for reading; with `largest` (bytes) only one that is not larger now. Raises Unreadable.

    `named`: the user named it on the command line, so that it may be anywhere.
    """
    name = os.fspath(path)
    if not named:
        asks_content(name)
    if not named and outside(name):
        advice = "specify a file of the repository, or give --allow-outside"
        raise Unreadable(name, ProblemKind.OUTSIDE, "it is outside of the deployment's repository", advice)
    over = content_over(name)
    if over is not None:
        if largest is not None and len(over) > largest:
            raise _too_large(name, largest)
        return BufferedReader(BytesIO(over))
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise Unreadable(name, ProblemKind.UNREADABLE, _said(error)) from None
    try:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise Unreadable(name, ProblemKind.UNREADABLE, "Is a directory")
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(name, ProblemKind.UNREADABLE, "not a regular file")
        if largest is not None and found.st_size > largest:
            raise _too_large(name, largest)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def contents(path: str | os.PathLike[str], largest: int = LARGEST, *, named: bool = False) -> bytes:
    """The bytes of a plain file of at most `largest` bytes. Raises Unreadable."""
    name = os.fspath(path)
    with opened(name, largest, named=named) as file:
        try:
            content = file.read(largest + 1)
        except OSError as error:
            raise Unreadable(name, ProblemKind.UNREADABLE, _said(error)) from None
    if len(content) > largest:  # one that grows, or that has no size, as those of /proc
        raise _too_large(name, largest)
    if is_pointer(content):
        raise pointer(name, content)
    return content


def contents_if_any(path: str | os.PathLike[str], largest: int = LARGEST, *, named: bool = False) -> bytes | None:
    """Like `contents`; None if it cannot be read for any reason."""
    try:
        return contents(path, largest, named=named)
    except Unreadable:
        return None


def is_pointer(content: bytes) -> bool:
    """Whether this is a pointer of git LFS or git-annex to a file that was not fetched."""
    return len(content) <= POINTER_LARGEST and (content.startswith(_POINTER) or _is_annex(content))


def _is_annex(content: bytes) -> bool:
    return _ANNEX.fullmatch(content) is not None


def pointer(path: str, content: bytes = _POINTER) -> Unreadable:
    """The error for a pointer, which is not the content of the file."""
    if _is_annex(content):
        reason = "this is a git-annex pointer; its content is not here"
        return Unreadable(path, ProblemKind.LFS_POINTER, reason, "git annex get")
    return Unreadable(
        path, ProblemKind.LFS_POINTER, "this is a git LFS pointer; its content is not here", "git lfs pull"
    )


def is_file(path: str) -> bool:
    """Whether there is a plain file that could be read."""
    asks_content(path)
    return not outside(path) and (content_over(path) is not None or os.path.isfile(path))


def size_of(path: str) -> int | None:
    """The bytes of a plain file; None if there is none that could be read, and for one that was not fetched."""
    asks_size(path)
    over = content_over(path)
    if over is not None:
        return None if outside(path) else len(over)
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or outside(path):
        return None
    return None if found.st_size <= POINTER_LARGEST and _holds_pointer(path) else found.st_size


def _holds_pointer(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return is_pointer(file.read(POINTER_LARGEST))
    except OSError:
        return False


def text(path: str | os.PathLike[str], largest: int = LARGEST, *, named: bool = False) -> str:
    """The text of a plain file, what is not UTF-8 replaced. Raises Unreadable."""
    return contents(path, largest, named=named).decode("utf-8", "replace")


def _too_large(name: str, largest: int) -> Unreadable:
    return Unreadable(name, ProblemKind.TOO_LARGE, f"larger than {size(largest)}", "specify the right file")


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
