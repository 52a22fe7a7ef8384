"""A source line with a caret under the place of a finding, cut to fit."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.files.sources import Sources
from colorcheck.report.style import printable


class Excerpt(Struct, frozen=True):
    """A line of a file: `text` of at most the requested width, the marked part at `start`, `length` columns long."""

    number: int
    text: str
    start: int
    length: int

    @property
    def carets(self) -> str:
        return " " * self.start + "^" * self.length


def excerpt(location: Location, sources: Sources, width: int) -> Excerpt | None:
    """The first line of a location, cut to `width` columns around the marked part; None without such a line."""
    line = sources.line(location)
    if line is None:
        return None
    line = line.rstrip("\r")
    start = min(max(location.column - 1, 0), len(line))
    end = location.end_column - 1 if location.end_line == location.line else len(line)
    end = min(max(end, start + 1), max(len(line), start + 1))
    return fitted(location.line, (line[:start], line[start:end], line[end:]), width)


def fitted(number: int, parts: tuple[str, str, str], width: int) -> Excerpt:
    """A line in three parts, of which the middle one is marked, without its indentation and cut to `width` columns."""
    # Everything before the mark is made printable first, so that the caret is under what is seen.
    before, marked, after = (printable(part) for part in parts)
    indent = len(before) - len(before.lstrip()) if before.strip() else len(before)
    before = before[indent:]
    return _cut(number, before, marked, after, max(width, 12))


def _cut(number: int, before: str, marked: str, after: str, width: int) -> Excerpt:
    if len(marked) > width - 8:
        marked = marked[: width - 9] + "…"
    room = width - max(len(marked), 1)
    behind = min(len(after), max(room // 3, room - len(before)))
    ahead = room - behind
    if len(before) > ahead:
        before = "…" + before[len(before) - ahead + 1 :]
    if len(after) > behind:
        after = after[: max(behind - 1, 0)] + "…" if behind > 0 else ""
    return Excerpt(number, before + marked + after, len(before), max(len(marked), 1))
