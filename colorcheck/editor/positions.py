"""Positions as editors count them: lines and characters from 0."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Location


class Stretch(Struct, frozen=True):
    """A stretch of a file as editors count; the end is exclusive."""

    line: int
    character: int
    end_line: int
    end_character: int


def span_of(location: Location, lines: list[str]) -> Stretch:
    """The stretch of a location; the whole first line where the location is the file itself."""
    if location.line < 1:
        return Stretch(0, 0, 0, len(lines[0]) if lines else 0)
    first, last = location.line - 1, max(location.end_line, location.line) - 1
    start, end = max(location.column - 1, 0), max(location.end_column - 1, 0)
    return Stretch(first, start, last, max(end, start) if last == first else end)


def holds(location: Location, line: int, column: int) -> bool:
    """Whether a location contains a place (both counted from 1), its end included, where a cursor can be."""
    if location.line < 1:
        return False
    start, end = (location.line, location.column), (max(location.end_line, location.line), location.end_column)
    return start <= (line, column) <= max(end, start)
