"""Edits of the user's files: applied to texts, shown as a difference, written all or none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from itertools import groupby

from msgspec import Struct

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.files.atomic import write_all
from colorcheck.files.reading import Unreadable, contents


class OverlapError(ValueError):
    """Two edits overlap, or an edit is outside of the text."""


class Original(Struct, frozen=True):
    """A file before the edits: its text (bytes that are not UTF-8 as surrogates) and its hash."""

    path: str
    text: str
    sha256: str


def read_original(path: str) -> Original | Problem:
    """The file as it is now."""
    try:
        content = contents(path)
    except Unreadable as error:
        return Problem(ProblemKind.UNREADABLE, f"cannot read {path}: {error.reason}", Location(path), error.advice)
    return Original(path, content.decode("utf-8", "surrogateescape"), hashlib.sha256(content).hexdigest())


def originals(edits: Iterable[Edit]) -> tuple[dict[str, Original], tuple[Problem, ...]]:
    """Every file that the edits touch, and problems for those that could not be read."""
    found: dict[str, Original] = {}
    problems = []
    for path in dict.fromkeys(edit.location.file for edit in edits):
        read = read_original(path)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            found[path] = read
    return found, tuple(problems)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits, which name places in the text before them. Raises OverlapError.

    New lines end as all lines of the text do.
    """
    starts = _line_starts(text)
    pieces: list[str] = []
    position = 0
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    for edit in sorted(edits, key=lambda each: _key(each.location)):
        begin, end = _offset(starts, text, edit.location, end=False), _offset(starts, text, edit.location, end=True)
        if not position <= begin <= end:
            raise OverlapError(f"{edit.location}: two edits of one place")
        pieces += [text[position:begin], edit.new_text.replace("\n", "\r\n") if crlf else edit.new_text]
        position = end
    return "".join([*pieces, text[position:]])


def text_at(text: str, location: Location) -> str:
    """The text at a location. Raises OverlapError if the location is outside of the text."""
    starts = _line_starts(text)
    return text[_offset(starts, text, location, end=False) : _offset(starts, text, location, end=True)]


def diff(files: Mapping[str, Original], edits: Iterable[Edit]) -> bytes:
    """The difference that the edits make, file by file in the order of their names, as `git apply` takes it.

    A file whose lines a terminal or a log must not get (control characters, what looks like a workflow command, bytes
    that are not text) comes as git's binary patch, which is plain ASCII.
    """
    parts: list[bytes] = []
    for path, own in _by_file(edits):
        before = files[path].text
        after = edited(before, own)
        if before != after:
            parts.append(_patch(path, before, after))
    return b"".join(parts)


def _patch(path: str, before: str, after: str) -> bytes:
    import difflib

    from colorcheck.files.patches import binary_patch, harmless, name_in_patch

    name = os.path.normpath(path).lstrip("/")
    old, new = (text.encode("utf-8", "surrogateescape") for text in (before, after))
    lines = [
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(_lines(before), _lines(after))
    ][2:]
    text = "".join(lines)
    if not harmless(text):
        return binary_patch(name, old, new)
    head = f"--- {name_in_patch(f'a/{name}')}\n+++ {name_in_patch(f'b/{name}')}\n"
    return (head + text).encode("utf-8")


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a newline ends one, as in git."""
    found = [f"{line}\n" for line in text.split("\n")]
    found[-1] = found[-1][:-1]
    return found if found[-1] else found[:-1]


def write(files: Mapping[str, Original], edits: Iterable[Edit]) -> tuple[Problem, ...]:
    """Write the edits to all files or to none; to none if a file changed since it was read."""
    ready: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path, own in _by_file(edits):
        now = read_original(path)
        if isinstance(now, Problem):
            problems.append(now)
        elif path not in files or now.sha256 != files[path].sha256:
            place = Location(path)
            problems.append(
                Problem(ProblemKind.CHANGED, f"{path} has changed since it was read", place, "run it again")
            )
        else:
            try:
                ready[path] = edited(now.text, own).encode("utf-8", "surrogateescape")
            except OverlapError as error:
                problems.append(Problem(ProblemKind.EDIT, str(error), Location(path)))
    if problems:
        return tuple(problems)
    try:
        write_all(ready)
    except OSError as error:
        path = getattr(error, "path", None) or next(iter(ready))
        said = f"cannot write {path}: {error.strerror or error}; nothing was changed"
        return (Problem(ProblemKind.UNWRITABLE, said, Location(path)),)
    return ()


def _by_file(edits: Iterable[Edit]) -> list[tuple[str, list[Edit]]]:
    unique = sorted(dict.fromkeys(edits), key=lambda edit: (edit.location.file, _key(edit.location)))
    return [(path, list(own)) for path, own in groupby(unique, key=lambda edit: edit.location.file)]


def _key(location: Location) -> tuple[int, int, int, int]:
    return (location.line, location.column, location.end_line, location.end_column)


def _line_starts(text: str) -> list[int]:
    starts = [0]
    while (found := text.find("\n", starts[-1])) >= 0:
        starts.append(found + 1)
    return starts


def _offset(starts: list[int], text: str, location: Location, *, end: bool) -> int:
    line, column = (location.end_line, location.end_column) if end else (location.line, location.column)
    if not 0 < line <= len(starts) or column < 1:
        raise OverlapError(f"{location}: no such position in the file")
    stop = starts[line] if line < len(starts) else len(text) + 1
    offset = starts[line - 1] + column - 1
    if offset >= stop and offset > len(text):
        raise OverlapError(f"{location}: no such position in the file")
    return min(offset, len(text))
