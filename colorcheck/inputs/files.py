"""Reads the small files of a deployment; what cannot be read is a problem, never an exception."""

from __future__ import annotations

import os
import stat

from colorcheck.diagnostic import Problem
from colorcheck.source import Location

LARGEST = 16 << 20


def read_bytes(path: str, named_at: Location, largest: int = LARGEST) -> bytes | Problem:
    """The bytes of a file of at most `largest` bytes; `named_at` is where its name stands."""
    try:
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Problem("unreadable", f"cannot read {path}: not a plain file", named_at)
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Problem("unreadable", f"cannot read {path}: {reason}", named_at)
    if len(content) > largest:
        size = f"{largest >> 20} MiB" if largest >> 20 else f"{largest} bytes"
        return Problem("too-large", f"{path} is larger than {size}", named_at, "name the right file")
    return content


def read_text(path: str, named_at: Location, largest: int = LARGEST) -> str | Problem:
    """The text of a UTF-8 file, line ends as they are."""
    content = read_bytes(path, named_at, largest)
    if isinstance(content, Problem):
        return content
    if b"\0" in content:
        return Problem("binary", f"{path} is not a text file: it has a zero byte", named_at, "name the right file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        place = Location(path, line, column, line, column + 1)
        what = f"byte {content[error.start]:#04x} is not UTF-8"
        return Problem("encoding", what, place, "save the file as UTF-8, or write plain ASCII")
