"""Edits of the user's files: applied to texts, shown as a difference, written all or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.value import dataclass
from colorcheck.files.atomic import write_whole


class OverlapError(ValueError):
    """Two edits want the same place, or an edit has none in the text."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was when the edits were made: its text (bytes that are not UTF-8 as surrogates) and its hash."""

    path: str
    text: str
    sha256: str


def read_original(path: str) -> Original | Problem:
    """The file as it is now."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        return Problem(ProblemKind.UNREADABLE, f"cannot read {path}: {error.strerror}", Location(path))
    return Original(path, content.decode("utf-8", "surrogateescape"), hashlib.sha256(content).hexdigest())


def originals(edits: Iterable[Edit]) -> tuple[dict[str, Original], tuple[Problem, ...]]:
    """Every file that the edits touch, and what could not be read."""
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
    """The text after all edits, which name places in the text before them. Raises OverlapError."""
    starts = _line_starts(text)
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda each: _key(each.location)):
        begin, end = _offset(starts, text, edit.location, end=False), _offset(starts, text, edit.location, end=True)
        if not position <= begin <= end:
            raise OverlapError(f"{edit.location}: two edits of one place")
        pieces += [text[position:begin], edit.new_text]
        position = end
    return "".join([*pieces, text[position:]])


def text_at(text: str, location: Location) -> str:
    """What stands at a location. Raises OverlapError where the text has no such place."""
    starts = _line_starts(text)
    return text[_offset(starts, text, location, end=False) : _offset(starts, text, location, end=True)]


def diff(files: Mapping[str, Original], edits: Iterable[Edit]) -> str:
    """The unified difference that the edits make, file by file in the order of their names."""
    import difflib

    parts: list[str] = []
    for path, own in _by_file(edits):
        before = files[path].text
        after = edited(before, own)
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
        for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
            parts += [line] if line.endswith("\n") else [line, "\n\\ No newline at end of file\n"]
    return "".join(parts)


def write(files: Mapping[str, Original], edits: Iterable[Edit]) -> tuple[Problem, ...]:
    """Writes the edits; nothing where a file changed since it was read or the place does not exist.

    Each file is replaced in one step by a new one of the same name, owner's permissions kept; links are followed.
    """
    ready: list[tuple[str, str]] = []
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
                ready.append((path, edited(now.text, own)))
            except OverlapError as error:
                problems.append(Problem(ProblemKind.EDIT, str(error), Location(path)))
    if problems:
        return tuple(problems)
    for path, text in ready:
        failed = _replace(path, text)
        if failed:
            return (Problem(ProblemKind.UNWRITABLE, f"cannot write {path}: {failed}", Location(path)),)
    return ()


def _replace(path: str, text: str) -> str:
    """Puts a new file in the place of the old one; the reason where that fails."""
    try:
        write_whole(Path(path), text)
    except OSError as error:
        return error.strerror or str(error)
    return ""


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
        raise OverlapError(f"{location}: no such place in the file")
    stop = starts[line] if line < len(starts) else len(text) + 1
    offset = starts[line - 1] + column - 1
    if offset >= stop and offset > len(text):
        raise OverlapError(f"{location}: no such place in the file")
    return min(offset, len(text))
