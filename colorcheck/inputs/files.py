"""Reads the small files of a deployment; a file that cannot be read is a problem, never an exception."""

from __future__ import annotations

import re

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Lines, Location
from colorcheck.files import reading
from colorcheck.files.reading import LARGEST, Unreadable

_SAVE = "save the file as UTF-8, or write plain ASCII"


def problem_of(error: Unreadable, named_at: Location) -> Problem:
    """The problem why a file was not read, at the place of its name."""
    if error.kind is ProblemKind.TOO_LARGE:
        return Problem(ProblemKind.TOO_LARGE, f"{error.path} is {error.reason}", named_at, error.advice)
    return Problem(ProblemKind.UNREADABLE, f"cannot read {error.path}: {error.reason}", named_at, error.advice)


def read_bytes(path: str, named_at: Location, largest: int = LARGEST) -> bytes | Problem:
    """The bytes of a file of at most `largest` bytes; `named_at` is where its name is."""
    try:
        return reading.contents(path, largest)
    except Unreadable as error:
        return problem_of(error, named_at)


def read_octets(path: str, named_at: Location, largest: int = LARGEST) -> str | Problem:
    """The text of a file whose reader ignores encodings: bytes that are not UTF-8 become surrogate escapes."""
    content = read_bytes(path, named_at, largest)
    if isinstance(content, Problem):
        return content
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem(ProblemKind.ENCODING, f"{path} is UTF-16 text", Location(path, 1, 1, 1, 2), _SAVE)
    if b"\0" in content:
        return Problem(
            ProblemKind.BINARY, f"{path} is not a text file: it contains a NUL byte", named_at, "specify the right file"
        )
    return content.decode("utf-8", "surrogateescape")


def read_text(path: str, named_at: Location, largest: int = LARGEST) -> str | Problem:
    """The text of a UTF-8 file, line ends as they are."""
    text = read_octets(path, named_at, largest)
    if isinstance(text, Problem):
        return text
    wrong = not_utf8(text, path)
    return replace(wrong[0], kind=ProblemKind.ENCODING) if wrong else text


def not_utf8(text: str, path: str) -> tuple[Problem, ...]:
    """A problem at the first byte that is not UTF-8, if there is one."""
    match = re.search("[\udc80-\udcff]", text)
    if match is None:
        return ()
    place = Lines(path, text).location(match.start(), match.end())
    return (Problem(ProblemKind.NOT_UTF8, f"byte {ord(match[0]) - 0xDC00:#04x} is not UTF-8", place, _SAVE),)
