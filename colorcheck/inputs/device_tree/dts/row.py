"""Rows of properties and of nodes that hold nothing else: one word of the grammar, with places computed on demand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token
from msgspec import Struct

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.dts import strings
from colorcheck.inputs.device_tree.dts.integers import Integer
from colorcheck.inputs.device_tree.dts.parse import parse_value
from colorcheck.inputs.device_tree.dts.patterns import COMMENT, GAP, STRING
from colorcheck.inputs.device_tree.dts.syntax import CellArray, Path, Piece, Text, end_of, start_of
from colorcheck.inputs.device_tree.dts.text import Shifted, SourceText, octets

OMIT = "/omit-if-no-ref/"
# What the grammar's ROW holds, item by item. The groups are a name (with OMIT before it), the sign behind a label, a
# node or a property without a value, and else the value: one string (with its first quotation mark) without escapes but
# \0, one array of numbers and labels, or any other. The end of a node is all that has no name.
_ITEM = re.compile(
    rf"(?:{GAP})*+"
    r"(?:((?:/omit-if-no-ref/[ \t\r\n]*+)*+[^ \t\r\n=;:{}]++)[ \t\r\n]*+(?:([;{:])|=[ \t\r\n]*+(?:"
    r'("(?:[\x00-!#-\[\]-\x7f]++|\\0(?![0-7]))*+)"[ \t\r\n]*+;'
    r"|<([0-9a-zA-Z_& \t\r\n]++)>[ \t\r\n]*+;"
    rf"|((?:{STRING}|[^\";/]++|{COMMENT}|/)*+);"
    r"))|\}[ \t\r\n]*+;)",
    re.DOTALL,
)
_PIECE = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|<[^>]*>', re.DOTALL)
Item = tuple[str, str, str, str, str]


class Row:
    """The text of a row and where it begins in the source; items are counted from 0, labels, heads and ends too."""

    __slots__ = ("_places", "source", "start", "text")

    def __init__(self, source: SourceText, token: Token) -> None:
        self.source = source
        self.text = str(token)
        self.start = token.start_pos or 0
        self._places: list[tuple[int, int, int, int]] | None = None

    def items(self) -> list[Item]:
        """Of each item its name, the sign behind it, and its value as one string, one array or anything else."""
        return _ITEM.findall(self.text)

    def places(self, index: int) -> tuple[int, int, int, int]:
        """Where name and value of an item begin and end in the text."""
        if self._places is None:
            self._places = [_place(found) for found in _ITEM.finditer(self.text)]
        return self._places[index]

    def name(self, index: int) -> str:
        first, last, _, _ = self.places(index)
        return self.text[first:last]

    def head_end(self, index: int) -> int:
        """The offset in the source of the brace behind a node's name."""
        return self.start + self.text.index("{", self.places(index)[1])

    def pieces(self, index: int) -> tuple[list[Piece | Token], int]:
        """The value of a property as the grammar reads it, with places that begin at this offset in the source.

        `UnexpectedInput` if something is wrong with it.
        """
        _, _, first, last = self.places(index)
        return parse_value(self.text[first:last]), self.start + first

    # ---- what a property asks for

    def location(self, index: int) -> Location:
        first, last, _, _ = self.places(index)
        return self.source.location(self.start + first, self.start + last)

    def value_location(self, index: int) -> Location:
        _, _, first, last = self.places(index)
        value = self.text[first:last]
        if "/" in value or ":" in value:  # a comment or a label at its ends is not part of it
            parts, offset = self.pieces(index)
            pieces = [piece for piece in parts if not isinstance(piece, Token)]
            return self.source.location(offset + pieces[0].start, offset + pieces[-1].end)
        return self.source.location(self.start + first, self.start + last)

    def strings(self, index: int) -> tuple[Passage, ...]:
        _, _, first, last = self.places(index)
        if "/" in self.text[first:last]:
            parts, offset = self.pieces(index)
            tokens = [piece.token for piece in parts if isinstance(piece, Text)]
            found = [(str(token[1:-1]), offset + start_of(token) + 1) for token in tokens]
        else:
            matches = _PIECE.finditer(self.text, first, last)
            found = [(match[1], self.start + match.start(1)) for match in matches if match[1] is not None]
        return tuple([passage_of(self.source, strings.unescape(text), start, len(text)) for text, start in found])

    def reference(self, index: int, number: int) -> Location:
        """Where a reference is in a value without labels, by its number, counted from 0, among references and cells."""
        parts, offset = self.pieces(index)
        token = [element for piece in parts for element in _elements(piece)][number]
        assert isinstance(token, Token)  # noqa: S101
        return self.source.location(offset + start_of(token), offset + end_of(token))

    def __eq__(self, other: object) -> bool:
        """Rows are the same if everything in them is, places included."""
        return self is other or (isinstance(other, Row) and self.text == other.text and self._all() == other._all())

    def __hash__(self) -> int:
        return hash(self.text)

    def _all(self) -> list[tuple[Location, Location, tuple[Passage, ...]]]:
        count = sum(1 for _ in _ITEM.finditer(self.text))
        return [(self.location(at), self.value_location(at), self.strings(at)) for at in range(count)]


def bare(name: str) -> str:
    """A name of an item without OMIT before it."""
    return name.rpartition(OMIT)[2].lstrip(" \t\r\n")


class PlaceOfNode(Struct, frozen=True):
    """The place of a node in a row as that of a property which is nowhere in the source."""

    row: Row
    number: int

    def location(self, _index: int) -> Location:
        return self.row.location(self.number)

    value_location = location

    def strings(self, _index: int) -> tuple[Passage, ...]:
        return ()


def _elements(piece: Piece | Token) -> Sequence[Integer | Token]:
    if isinstance(piece, Path):
        return (piece.reference,)
    return piece.elements if isinstance(piece, CellArray) else ()


def _place(found: re.Match[str]) -> tuple[int, int, int, int]:
    first, last = found.span(1)
    if found[1] and found[1][0] == "/":
        first = last - len(bare(found[1]))
    group = found.lastindex or 1
    if group <= 2:
        return first, last, last, last
    start, end = found.span(group)
    if group == 3:
        return first, last, start, end + 1
    if group == 4:
        return first, last, start - 1, end + 1
    return first, last, start, start + len(found[group].rstrip(" \t\r\n"))


def passage_of(source: SourceText | Shifted, inside: strings.Unescaped, start: int, length: int) -> Passage:
    """A string literal of the source, whose `length` characters between the quotes begin at `start`."""
    whole = source.location(start, start + length)
    if len(inside.stretches) == 1 and whole.line == whole.end_line and len(source.segments) == 1:
        return Passage(octets(inside.data), whole, ((0, whole),))
    stretches = [(offset, start + position) for offset, position in inside.stretches]
    return source.passage(octets(inside.data), stretches, whole)
