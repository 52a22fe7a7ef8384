"""Locations in the user's files, and texts that know the locations of their characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace


class Location(Struct, frozen=True, order=True):
    """A stretch of a file.

    Lines and columns count from 1, columns in characters; the end is exclusive. `line` 0 means the file as a
    whole. In a device tree blob, which has no lines, `node` and `property` name the place instead.
    """

    file: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    node: str = ""
    property: str = ""

    def to_dict(self) -> dict[str, object]:
        found: dict[str, object] = {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "end_line": self.end_line,
            "end_column": self.end_column,
        }
        if self.node:
            found |= {"node": self.node, "property": self.property}
        return found

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}:{self.column}"
        if self.node:
            return f"{self.file}:{self.node}" + (f":{self.property}" if self.property else "")
        return self.file

    def until(self, other: Location) -> Location:
        """From the start of this location to the end of the other one, which must come later in the same file."""
        return replace(self, end_line=other.end_line, end_column=other.end_column)


class Lines:
    """Converts offsets in a file's text to locations; built once per file."""

    __slots__ = ("_found", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._found: list[int] = []

    @property
    def _starts(self) -> list[int]:
        """Where lines begin; worked out when first asked for, because most files have no place that anybody wants."""
        if not self._found:
            self._found = list(accumulate((len(line) + 1 for line in self.text.split("\n")[:-1]), initial=0))
        return self._found

    def position(self, offset: int) -> tuple[int, int]:
        starts = self._found or self._starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> tuple[int, int]:
        """The offsets of a line's first character and of its end, without the line break; of nothing past the end."""
        starts = self._starts
        if not 0 < number <= len(starts):
            return len(self.text), len(self.text)
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return starts[number - 1], end

    def location(self, start: int, end: int) -> Location:
        """The location of `text[start:end]`."""
        line, column = self.position(start)
        end = max(start, end)
        if line == len(self._found) or end < self._found[line]:
            return Location(self.file, line, column, line, column + end - start)
        return Location(self.file, line, column, *self.position(end))


class Passage(Struct, frozen=True):
    """A text taken out of a file, which still knows where each of its characters is.

    The text may differ from what the file has there (escapes, macros, several lines joined). `pieces` are the
    offsets in `text`, ascending, at which a stretch begins whose characters are one after the other on one
    line, each with the location of its first character. Without pieces the text has no place of its own, and
    `whole` is all that is known (a value in a blob, an option of the command line).
    """

    text: str
    whole: Location
    pieces: tuple[tuple[int, Location], ...] = ()

    def __str__(self) -> str:
        return self.text

    def locate(self, start: int, end: int) -> Location:
        """The location of `text[start:end]`; of everything, where no more is known."""
        if not self.pieces:
            return self.whole
        if len(self.pieces) == 1:
            begin, place = self.pieces[0]
            if not place.line:
                return self.whole
            column = place.column - begin
            return Location(
                place.file, place.line, column + start, place.line, column + max(start, end), place.node, place.property
            )
        first = self._character(start)
        last = self._character(end - 1) if end > start else first
        if not first.line or not last.line:
            return self.whole
        column = last.column + (end > start)
        return Location(first.file, first.line, first.column, last.line, column, first.node, first.property)

    def _character(self, offset: int) -> Location:
        pieces = self.pieces
        index = max(0, bisect_right(pieces, offset, key=lambda piece: piece[0]) - 1) if len(pieces) > 1 else 0
        begin, place = pieces[index]
        if not place.line:
            return place
        column = place.column + offset - begin
        return Location(place.file, place.line, column, place.end_line, place.end_column, place.node, place.property)

    def part(self, start: int, end: int) -> Passage:
        """`text[start:end]` as a passage."""
        if not self.pieces:
            return Passage(self.text[start:end], self.whole)
        whole = self.locate(start, end)
        if len(self.pieces) == 1:
            return Passage(self.text[start:end], whole, ((0, whole),))
        inside = tuple((begin - start, place) for begin, place in self.pieces if start < begin < end)
        return Passage(self.text[start:end], whole, ((0, whole), *inside))


def passage(text: str, location: Location) -> Passage:
    """A text that is in the file exactly as it is, on one line, from the start of `location` on."""
    return Passage(text, location, ((0, location),) if location.line else ())


def concatenated(parts: Iterable[Passage], whole: Location) -> Passage:
    """Concatenated texts. A part without its own location has that of `whole`."""
    pieces: list[tuple[int, Location]] = []
    texts: list[str] = []
    length = 0
    for part in parts:
        if part.text:
            pieces += ((offset + length, place) for offset, place in part.pieces or ((0, part.whole),))
            texts.append(part.text)
            length += len(part.text)
    return Passage("".join(texts), whole, tuple(pieces))
