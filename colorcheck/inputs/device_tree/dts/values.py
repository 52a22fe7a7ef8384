"""Values of properties: from the pieces that were written to bytes, with marks where references go in."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from enum import StrEnum

from lark import Token
from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.dtc import NEWEST, Dtc
from colorcheck.inputs.device_tree.dts import strings
from colorcheck.inputs.device_tree.dts.files import Files
from colorcheck.inputs.device_tree.dts.integers import Integer
from colorcheck.inputs.device_tree.dts.row import PIECE, Row, passage_of
from colorcheck.inputs.device_tree.dts.syntax import (
    Bytes,
    CellArray,
    Incbin,
    Path,
    Piece,
    PropertySyntax,
    Text,
    end_of,
    start_of,
)
from colorcheck.inputs.device_tree.dts.text import SourceText
from colorcheck.inputs.device_tree.tree import Property

_FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}
_WORD = re.compile(r"[^ \t\n]+")
_SIMPLE_PIECE = re.compile(r'("[^"]*+)"|<([^>]*+)>')
_NEEDS_PLACES = re.compile(r"[^\x00-%'-\[\]-\x7f]")  # &, \ and all but ASCII, put so that it compiles fast


class MarkerKind(StrEnum):
    """The kinds of markers."""

    LABEL = "label"
    PHANDLE = "phandle"
    PATH = "path"


class Marker(Struct):
    """A label, or a reference still to be filled in, at an offset of a value. A `path` is inserted, a `phandle`
    overwrites the cell that was kept for it."""

    kind: MarkerKind
    name: str
    offset: int
    location: Location


class Label(Struct):
    name: str
    location: Location
    deleted: bool = False


class LiveProperty(Struct):
    """A property on its way into the tree; its places are those of `Property`."""

    name: str
    value: bytes
    place: Location | Row
    value_place: Location | int
    texts: tuple[Passage, ...] | None = ()
    labels: list[Label] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    deleted: bool = False

    @property
    def location(self) -> Location:
        return self.frozen().location

    def frozen(self) -> Property:
        return Property(self.name, self.value, self.place, self.value_place, self.texts)


class _Words(dict[str, bytes]):
    """The cell of each number, as it is written; the same few come again and again."""

    def __missing__(self, word: str) -> bytes:
        cell = self[word] = int(word, 0).to_bytes(4, "big")
        return cell


class ValueReader:
    """Converts the value of a property to bytes; faults are added to `problems`."""

    def __init__(self, source: SourceText, files: Files, problems: list[Problem], dtc: Dtc = NEWEST) -> None:
        self.source = source
        self.files = files
        self.problems = problems
        self.dtc = dtc
        self.warnings: list[Problem] = []
        self._words = _Words()

    def reference(self, token: Token) -> str:
        """The target of a reference, without its signs; a fault if this dtc does not support its form."""
        name = token[2:-1] if token.startswith("&{") else token[1:]
        if "/" in name and not name.startswith("/") and not self.dtc.relative_references:
            where = self.source.location(start_of(token), end_of(token))
            what = f"dtc {self.dtc.name} does not support a reference to a path below a label; 1.7 and newer do"
            problem = Problem(ProblemKind.SYNTAX, what, where, "write the full path")
            self.problems += [] if problem in self.problems else [problem]
        return name

    def fault(self, message: str, start: int, end: int, advice: str = "") -> None:
        self.problems.append(Problem(ProblemKind.SYNTAX, message, self.source.location(start, end), advice))

    def label(self, token: Token) -> Label:
        return Label(token[:-1], self.source.location(start_of(token), end_of(token) - 1))

    def integer(self, number: Integer) -> int:
        for message, start, end in number.faults:
            self.fault(message, start, end)
        return number.value

    def plain(self, row: Row, index: int, item: tuple[str, str, str, str, str]) -> LiveProperty:
        """A property of nothing but strings and simple cells, out of a row of such."""
        name, _sign, string, cells, other = item
        if string:
            data = string[1:].replace("\\0", "\0").encode("ascii") + b"\0"
        elif cells:
            data = b"".join([self._words[word] for word in cells.split()])
        elif other:
            markers: list[Marker] = []
            data = self._plain_value(row, index, other, markers)
            return LiveProperty(name, data, row, index, None, [], markers)
        else:
            data = b""
        return LiveProperty(name, data, row, index, None)

    def _plain_value(self, row: Row, index: int, value: str, markers: list[Marker]) -> bytes:
        words = self._words
        if not _NEEDS_PLACES.search(value):
            return b"".join(
                [
                    string[1:].encode("ascii") + b"\0" if string else b"".join([words[word] for word in cells.split()])
                    for string, cells in _SIMPLE_PIECE.findall(value)
                ]
            )
        data = b""
        _, _, first, last = row.places(index)
        for piece in PIECE.finditer(row.text, first, last):
            string, cells = piece.groups()
            if string is not None:
                data += self._unescaped(string, row.start + piece.start(1)).data + b"\0"
            else:
                data += self._plain_references(cells, row.start + piece.start(2), len(data), markers)
        return data

    def _plain_references(self, cells: str, start: int, offset: int, markers: list[Marker]) -> bytes:
        """Cells of numbers and references to labels, at `offset` of the value."""
        data = b""
        for word in _WORD.finditer(cells):
            if word[0].startswith("&"):
                place = self.source.location(start + word.start(), start + word.end())
                markers.append(Marker(MarkerKind.PHANDLE, word[0][1:], offset + len(data), place))
                data += b"\xff\xff\xff\xff"
            else:
                data += self._words[word[0]]
        return data

    def property(self, syntax: PropertySyntax) -> LiveProperty:
        start, end = start_of(syntax.name), end_of(syntax.name)
        made = LiveProperty(
            syntax.name.lstrip("\\"), b"", self.source.location(start, end), self._value_location(syntax, end)
        )
        made.labels = [self.label(mark) for mark in syntax.marks if mark.type == "LABEL"]
        data = bytearray()
        found: list[Passage] = []
        for piece in syntax.value:
            self._piece(piece, data, made.markers, found)
        made.value = bytes(data)
        made.texts = tuple(found)
        return made

    def _value_location(self, syntax: PropertySyntax, end_of_name: int) -> Location:
        pieces = [piece for piece in syntax.value if not isinstance(piece, Token)]
        if not pieces:
            return self.source.location(end_of_name, end_of_name)
        return self.source.location(pieces[0].start, pieces[-1].end)

    def _piece(self, piece: Piece | Token, data: bytearray, markers: list[Marker], found: list[Passage]) -> None:
        if isinstance(piece, Text):
            data += self._string(piece.token[1:-1], piece.start + 1, found)
        elif isinstance(piece, CellArray):
            self._cells(piece, data, markers)
        elif isinstance(piece, Bytes):
            self._elements(piece.elements, data, markers)
        elif isinstance(piece, Path):
            markers.append(self._marker(MarkerKind.PATH, piece.reference, len(data)))
        elif isinstance(piece, Incbin):
            data += self._file(piece)
        else:
            markers.append(self._marker(MarkerKind.LABEL, piece, len(data)))

    def _marker(self, kind: MarkerKind, token: Token, offset: int) -> Marker:
        name = token[:-1] if kind is MarkerKind.LABEL else self.reference(token)
        return Marker(kind, name, offset, self.source.location(start_of(token), end_of(token)))

    def _elements(self, elements: Iterable[Token], data: bytearray, markers: list[Marker]) -> None:
        for element in elements:
            if element.type == "LABEL":
                markers.append(self._marker(MarkerKind.LABEL, element, len(data)))
            else:
                data.append(int(element, 16))

    def _cells(self, cells: CellArray, data: bytearray, markers: list[Marker]) -> None:
        bits = 32 if cells.bits is None else self.integer(cells.bits)
        if bits not in _FORMATS:
            assert cells.bits is not None  # noqa: S101
            self.fault("Array elements must be 8, 16, 32 or 64-bits", cells.bits.start, cells.bits.end)
            bits = 32
        mask = (1 << bits) - 1
        for element in cells.elements:
            value = mask
            if isinstance(element, Integer):
                value = self.integer(element)
                if value > mask and value | mask != (1 << 64) - 1:
                    what = f"{value:#x} does not fit the {bits}-bit elements of this array"
                    if self.dtc.cuts_cells:
                        what = f"{what}: dtc cuts it to {value & mask:#x}"
                        where = self.source.location(element.start, element.end)
                        self.warnings.append(Problem(ProblemKind.WARNING, what, where, _wider(bits, value)))
                    else:
                        self.fault(what, element.start, element.end, _wider(bits, value))
            elif element.type == "LABEL":
                markers.append(self._marker(MarkerKind.LABEL, element, len(data)))
                continue
            elif bits == 32:
                markers.append(self._marker(MarkerKind.PHANDLE, element, len(data)))
            else:
                what = "References are only allowed in arrays with 32-bit elements"
                self.fault(what, start_of(element), end_of(element))
            data += struct.pack(">" + _FORMATS[bits], value & mask)

    def _string(self, text: str, start: int, found: list[Passage]) -> bytes:
        inside = self._unescaped(text, start)
        found.append(passage_of(self.source, inside, start, len(text)))
        return inside.data + b"\0"

    def _unescaped(self, text: str, start: int) -> strings.Unescaped:
        inside = strings.unescape(text)
        for message, first, last in inside.faults:
            self.fault(message, start + first, start + last)
        return inside

    def _file(self, incbin: Incbin) -> bytes:
        name = strings.unescape(incbin.name[1:-1]).data.split(b"\0")[0].decode("utf-8", "surrogateescape")
        location = self.source.location(start_of(incbin.name), end_of(incbin.name))
        offset = 0 if incbin.offset is None else self.integer(incbin.offset)
        length = None if incbin.length is None else self.integer(incbin.length)
        path = self.files.find(name, self.source.file(start_of(incbin.name)))
        data = self.files.read(path, location, offset, length)
        if isinstance(data, Problem):
            self.problems.append(data)
            return b""
        return data


def _wider(bits: int, value: int) -> str:
    high, low = value >> 32, value & 0xFFFFFFFF
    return f"write <{high:#x} {low:#x}> or /bits/ 64" if bits == 32 else f"write a wider /bits/ than {bits}"
