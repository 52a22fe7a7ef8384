"""Values of properties: from the pieces that were written to bytes, with marks where references go in."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from lark import Token
from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.dtc import NEWEST, Dtc
from colorcheck.inputs.device_tree.dts import strings
from colorcheck.inputs.device_tree.dts.files import Files
from colorcheck.inputs.device_tree.dts.integers import Integer
from colorcheck.inputs.device_tree.dts.plain import MarkerKind, PlainValues
from colorcheck.inputs.device_tree.dts.row import Item, Row, passage_of
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
from colorcheck.inputs.device_tree.dts.text import Shifted, SourceText
from colorcheck.inputs.device_tree.tree import PlacesOfRow, Property

_FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}


class Marker(Struct):
    """A label, or a reference still to be filled in, at an offset of a value. A `path` is inserted, a `phandle`
    overwrites the cell that was kept for it. Its place is a location, or row, item and number of the element."""

    kind: MarkerKind
    name: str
    offset: int
    place: Location | tuple[Row, int, int]

    @property
    def location(self) -> Location:
        if isinstance(self.place, Location):
            return self.place
        row, index, number = self.place
        return row.reference(index, number)


class Label(Struct):
    """A label; its place is a location, or a row and the number of the item."""

    name: str
    place: Location | tuple[Row, int]
    deleted: bool = False

    @property
    def location(self) -> Location:
        return self.place if isinstance(self.place, Location) else self.place[0].location(self.place[1])


class LiveProperty(Struct):
    """A property on its way into the tree; its places are those of `Property`."""

    name: str
    value: bytes
    place: Location | PlacesOfRow
    value_place: Location | int
    texts: tuple[Passage, ...] | None = ()
    labels: Sequence[Label] = ()
    markers: Sequence[Marker] = ()
    deleted: bool = False

    @property
    def location(self) -> Location:
        return self.frozen().location

    def frozen(self) -> Property:
        return Property(self.name, self.value, self.place, self.value_place, self.texts)


class ValueReader:
    """Converts the value of a property to bytes; faults are added to `problems`."""

    def __init__(self, source: SourceText | Shifted, files: Files, problems: list[Problem], dtc: Dtc = NEWEST) -> None:
        self.source = source
        self.files = files
        self.problems = problems
        self.dtc = dtc
        self.warnings: list[Problem] = []
        self._plain = PlainValues()

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

    def plain(self, row: Row, index: int, name: str, item: Item) -> LiveProperty:
        """A property out of a row, simple values without the grammar; `UnexpectedInput` for what it refuses."""
        _, sign, string, cells, other = item
        if string:
            return LiveProperty(name, self._plain.strings[string[1:]], row, index, None)
        if sign:
            return LiveProperty(name, b"", row, index, None)
        data, references = self._plain.cells(cells) if cells else self._plain.value(other)
        if data is None:
            return self._with_grammar(row, index, name)
        if not references:
            return LiveProperty(name, data, row, index, None)
        markers = [Marker(kind, target, offset, (row, index, at)) for kind, target, offset, at in references]
        return LiveProperty(name, data, row, index, None, (), markers)

    def _with_grammar(self, row: Row, index: int, name: str) -> LiveProperty:
        pieces, offset = row.pieces(index)
        there = ValueReader(Shifted(row.source, offset), self.files, self.problems, self.dtc)
        there.warnings = self.warnings
        made = LiveProperty(name, b"", row.location(index), row.value_location(index))
        there.fill(made, pieces)
        return made

    def property(self, syntax: PropertySyntax) -> LiveProperty:
        start, end = start_of(syntax.name), end_of(syntax.name)
        made = LiveProperty(
            syntax.name.lstrip("\\"), b"", self.source.location(start, end), self._value_location(syntax, end)
        )
        made.labels = [self.label(mark) for mark in syntax.marks if mark.type == "LABEL"]
        self.fill(made, syntax.value)
        return made

    def fill(self, made: LiveProperty, pieces: Iterable[Piece | Token]) -> None:
        """Give the property the value that was written."""
        data = bytearray()
        markers: list[Marker] = []
        found: list[Passage] = []
        for piece in pieces:
            self._piece(piece, data, markers, found)
        made.value, made.markers, made.texts = bytes(data), markers, tuple(found)

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
