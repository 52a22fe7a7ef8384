"""All writing of files: each atomically, several together all or none, and never through a planted link."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct


class RefusedWrite(OSError):
    """A file that could be written but was not; the message says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(errno.EPERM, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class _Ready(Struct, frozen=True):
    """A staged file: its new content under a temporary name, and a copy of the old content if there is one."""

    target: str
    new: str
    old: str | None


def write_whole(path: Path, text: str | bytes, *, lasting: bool = True) -> None:
    """Write a text (with surrogate escapes for bytes that are not UTF-8) atomically. Raises OSError.

    With `lasting` false, the file may be lost or damaged if the machine loses power: only for files that detect it.
    """
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    write_all({str(path): data}, lasting=lasting)


def write_report(path: Path, text: str, *, append: bool = False) -> None:
    """Like `write_whole`, but also to a device or a pipe; with `append`, after the file's content. Raises OSError."""
    data = text.encode("utf-8", "surrogateescape")
    special = path.exists() and not path.is_file()
    if not special and not append:
        write_all({str(path): data})
        return
    _refuse_planted(str(path))
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | (0 if special else os.O_CREAT | os.O_APPEND)
    with open(path, "wb", opener=lambda name, _: os.open(name, flags, 0o666)) as file:
        os.set_blocking(file.fileno(), True)
        file.write(data)


def write_all(files: Mapping[str, bytes], *, lasting: bool = True) -> None:
    """Write all of the files or none.

    New contents are complete (`lasting`: on the disk) before the first file is replaced; where one cannot be, those
    before it get their old content back. Modes and owners stay. A file that is read-only, has several names, cannot
    keep its owner, or lies behind a link that leads out of its repository is refused. Raises OSError, with the files
    as they were.
    """
    ready: list[_Ready] = []
    replaced: list[_Ready] = []
    try:
        for path, data in files.items():
            ready.append(_staged(path, data, alone=len(files) == 1, lasting=lasting))
        for each in ready:
            os.replace(each.new, each.target)
            replaced.append(each)
    except BaseException:
        for each in replaced:
            if each.old is None:
                os.unlink(each.target)
            else:
                os.replace(each.old, each.target)
        raise
    finally:
        for each in ready:
            for name in (each.new, each.old):
                if name is not None and os.path.lexists(name):
                    os.unlink(name)
    for folder in {os.path.dirname(each.target) for each in ready if lasting}:
        _sync_folder(folder)


def _staged(path: str, data: bytes, *, alone: bool, lasting: bool) -> _Ready:
    """The new content next to the target and, unless it is `alone`, a copy of the old one, to be put back if others
    fail.

    A copy, and no second name: a run that is killed here must not leave a file with several names behind, which the
    next run would refuse.
    """
    target = _refuse_planted(path)
    try:
        found = os.stat(target)
    except FileNotFoundError:
        found = None
    if found is not None:
        _refuse_losses(path, found)
    new = _written(target, data, lasting=lasting)
    old = None
    try:
        if found is not None:
            os.chmod(new, stat.S_IMODE(found.st_mode))
            _keep_owner(path, new, found)
            old = None if alone else _copied(path, target, found)
        else:
            os.chmod(new, 0o666 & ~_umask())
    except BaseException:
        os.unlink(new)
        raise
    return _Ready(target, new, old)


def _written(target: str, data: bytes, *, lasting: bool = True) -> str:
    """Write these bytes to a new file next to the target, synced to disk if `lasting`, and return its name."""
    handle, name = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".colorcheck-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        os.unlink(name)
        raise
    return name


def _copied(path: str, target: str, found: os.stat_result) -> str:
    with open(target, "rb") as file:
        name = _written(target, file.read())
    try:
        os.chmod(name, stat.S_IMODE(found.st_mode))
        _keep_owner(path, name, found)
    except BaseException:
        os.unlink(name)
        raise
    return name


def _refuse_losses(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise RefusedWrite(path, "not a regular file")
    if not found.st_mode & 0o222:
        raise RefusedWrite(path, "the file is read-only")
    if found.st_nlink > 1:
        raise RefusedWrite(path, "the file has several names (hard links), and only this one would be changed")


def _keep_owner(path: str, new: str, found: os.stat_result) -> None:
    made = os.stat(new)
    if (made.st_uid, made.st_gid) == (found.st_uid, found.st_gid):
        return
    try:
        os.chown(new, found.st_uid, found.st_gid)
    except OSError:
        raise RefusedWrite(path, "the file belongs to another user or group, and would no longer") from None
    os.chmod(new, stat.S_IMODE(found.st_mode))


def _refuse_planted(path: str) -> str:
    """The real name of a file to write.

    Raises RefusedWrite if the name is in a work tree and the real file is elsewhere.
    """
    here = os.path.dirname(os.path.abspath(path))
    real = os.path.realpath(path)
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return real
        here = above
    inside = os.path.relpath(real, os.path.realpath(here))
    if inside == ".." or inside.startswith("../"):
        raise RefusedWrite(path, f"a link leads out of the repository, to {real}")
    if ".git" in inside.split(os.sep):
        raise RefusedWrite(path, "git reserves this")
    return real


def _sync_folder(folder: str) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
