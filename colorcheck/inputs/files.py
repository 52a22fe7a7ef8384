"""Reads the small files of a deployment; what cannot be read is a problem, never an exception."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Lines, Location
from colorcheck.core.units import MIB, size

LARGEST = 16 * MIB
_SAVE = "save the file as UTF-8, or write plain ASCII"


def without_waiting(path: str, flags: int) -> int:
    """Opens a file; of a pipe, nobody has to write into it first."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_bytes(path: str, named_at: Location, largest: int = LARGEST) -> bytes | Problem:
    """The bytes of a file of at most `largest` bytes; `named_at` is where its name stands."""
    try:
        with open(path, "rb", opener=without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Problem("unreadable", f"cannot read {path}: not a plain file", named_at)
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Problem("unreadable", f"cannot read {path}: {reason}", named_at)
    if len(content) > largest:
        return Problem("too-large", f"{path} is larger than {size(largest)}", named_at, "name the right file")
    return content


def read_octets(path: str, named_at: Location, largest: int = LARGEST) -> str | Problem:
    """The text of a file whose reader does not care for encodings: what is not UTF-8 becomes surrogate escapes."""
    content = read_bytes(path, named_at, largest)
    if isinstance(content, Problem):
        return content
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem("encoding", f"{path} is UTF-16 text", Location(path, 1, 1, 1, 2), _SAVE)
    if b"\0" in content:
        return Problem("binary", f"{path} is not a text file: it has a zero byte", named_at, "name the right file")
    return content.decode("utf-8", "surrogateescape")


def read_text(path: str, named_at: Location, largest: int = LARGEST) -> str | Problem:
    """The text of a UTF-8 file, line ends as they are."""
    text = read_octets(path, named_at, largest)
    if isinstance(text, Problem):
        return text
    wrong = not_utf8(text, path)
    return replace(wrong[0], kind="encoding") if wrong else text


def not_utf8(text: str, path: str) -> tuple[Problem, ...]:
    """A problem at the first byte that is not UTF-8, if there is one."""
    match = re.search("[\udc80-\udcff]", text)
    if match is None:
        return ()
    place = Lines(path, text).location(match.start(), match.end())
    return (Problem("not-utf8", f"byte {ord(match[0]) - 0xDC00:#04x} is not UTF-8", place, _SAVE),)
