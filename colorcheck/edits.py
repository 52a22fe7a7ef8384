"""Applies edits to the input files: as a diff to look at, or written, each file whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from colorcheck.diagnostic import Edit
from colorcheck.source import Location


class EditError(Exception):
    """Edits that cannot be applied: overlapping ones, places that do not exist, a file that changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A file before and after its edits; line ends and odd bytes as they were."""

    file: str
    before: str
    after: str

    def diff(self) -> str:
        """As `diff -u` and `git apply` have it."""
        lines = unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.file}",
            f"b/{self.file}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def changed_files(edits: Iterable[Edit]) -> tuple[Changed, ...]:
    """The files that the edits touch, by name, with their new texts; nothing is written. Raises EditError."""
    by_file: dict[str, list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        by_file.setdefault(edit.location.file, []).append(edit)
    return tuple(_changed(file, by_file[file]) for file in sorted(by_file))


def write(changed: Iterable[Changed]) -> None:
    """Write all files. Raises EditError, before anything is written, where one is not as it was."""
    from colorcheck.atomic import write_whole

    changed = tuple(changed)
    for each in changed:
        if _digest(_read(each.file)) != _digest(each.before):
            raise EditError(f"{each.file} changed meanwhile; nothing was written")
    for each in changed:
        try:
            write_whole(Path(each.file), each.after)
        except OSError as error:
            raise EditError(f"cannot write {each.file}: {error.strerror or error}") from None


def _changed(file: str, edits: list[Edit]) -> Changed:
    before = _read(file)
    starts = [0]
    for line in before.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    after, limit = before, len(before) + 1
    for edit in sorted(edits, key=lambda edit: (edit.location.line, edit.location.column), reverse=True):
        start, end = _offsets(starts, edit.location)
        if not 0 <= start <= end <= min(limit, len(before)):
            raise EditError(f"{edit.location}: this place is not there, or two edits overlap")
        after, limit = after[:start] + edit.new_text + after[end:], start
    return Changed(file, before, after)


def _offsets(starts: list[int], place: Location) -> tuple[int, int]:
    if not 0 < place.line <= place.end_line < len(starts):
        return -1, -1
    return starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise EditError(f"cannot read {file}: {reason}") from None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
