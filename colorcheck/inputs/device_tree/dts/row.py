"""Rows of plain properties and nodes: parsed in one go, with locations computed on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.dts import strings
from colorcheck.inputs.device_tree.dts.text import SourceText, octets

# What the grammar's PLAIN holds, item by item. The groups are a name, the sign behind a label, a node or a property
# without a value, and else the value: one string (with its first quotation mark) without escapes but \0, one array of
# numbers, or any other. The end of a node is all that has no name.
_ITEM = re.compile(
    r"[ \t\n]*+(?:([^ \t\n=;:{}]++)[ \t\n]*+(?:([;{:])|=[ \t\n]*+(?:"
    r'("(?:[\x00-!#-\[\]-\x7f]++|\\0(?![0-7]))*+)"[ \t\n]*+;'
    r"|<([0-9a-fA-FxX \t\n]*+)>[ \t\n]*+;"
    r'|((?:"(?:[^"\\]|\\.)*+"|[^";])++);'
    r"))|\}[ \t\n]*+;)",
    re.DOTALL,
)
_PLACES = re.compile(
    r'[ \t\n]*+(?:([^ \t\n=;:{}]++)[ \t\n]*+(?:[;{:]|=[ \t\n]*+((?:"(?:[^"\\]|\\.)*+"|[^";])++);)|\}[ \t\n]*+;)',
    re.DOTALL,
)
PIECE = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|<([^>]*)>', re.DOTALL)


class Row:
    """The text of a row and where it begins in the source; items are counted from 0, labels, heads and ends too."""

    __slots__ = ("_places", "source", "start", "text")

    def __init__(self, source: SourceText, token: Token) -> None:
        self.source = source
        self.text = str(token)
        self.start = token.start_pos or 0
        self._places: list[tuple[int, int, int, int]] | None = None

    def items(self) -> list[tuple[str, str, str, str, str]]:
        """Of each item its name, the sign behind it, and its value as one string, one array or anything else."""
        return _ITEM.findall(self.text)

    def places(self, index: int) -> tuple[int, int, int, int]:
        """Where name and value of an item begin and end in the text."""
        if self._places is None:
            self._places = [_place(found) for found in _PLACES.finditer(self.text)]
        return self._places[index]

    def name(self, index: int) -> str:
        first, last, _, _ = self.places(index)
        return self.text[first:last]

    def head_end(self, index: int) -> int:
        """The offset in the source of the brace behind a node's name."""
        return self.start + self.text.index("{", self.places(index)[1])

    # ---- what a property asks for

    def location(self, index: int) -> Location:
        first, last, _, _ = self.places(index)
        return self.source.location(self.start + first, self.start + last)

    def value_location(self, index: int) -> Location:
        _, _, first, last = self.places(index)
        return self.source.location(self.start + first, self.start + last)

    def strings(self, index: int) -> tuple[Passage, ...]:
        _, _, first, last = self.places(index)
        pieces = PIECE.finditer(self.text, first, last)
        return tuple(self._passages(pieces))

    def _passages(self, pieces: Iterator[re.Match[str]]) -> Iterator[Passage]:
        for piece in pieces:
            if piece[1] is not None:
                yield passage_of(self.source, strings.unescape(piece[1]), self.start + piece.start(1), len(piece[1]))

    def __eq__(self, other: object) -> bool:
        """Rows are the same if everything in them is, places included."""
        return self is other or (isinstance(other, Row) and self.text == other.text and self._all() == other._all())

    def __hash__(self) -> int:
        return hash(self.text)

    def _all(self) -> list[tuple[Location, Location, tuple[Passage, ...]]]:
        count = sum(1 for _ in _PLACES.finditer(self.text))
        return [(self.location(at), self.value_location(at), self.strings(at)) for at in range(count)]


def _place(found: re.Match[str]) -> tuple[int, int, int, int]:
    first, last = found.span(1)
    value = found[2]
    if value is None:
        return first, last, last, last
    start = found.start(2)
    return first, last, start, start + len(value.rstrip(" \t\n"))


def passage_of(source: SourceText, inside: strings.Unescaped, start: int, length: int) -> Passage:
    """A string literal of the source, whose `length` characters between the quotes begin at `start`."""
    whole = source.location(start, start + length)
    if len(inside.stretches) == 1 and whole.line == whole.end_line and len(source.segments) == 1:
        return Passage(octets(inside.data), whole, ((0, whole),))
    stretches = [(offset, start + position) for offset, position in inside.stretches]
    return source.passage(octets(inside.data), stretches, whole)
