"""The pieces of a list of colors, each with its location.

`xen.options.color_lists` decides which of them Xen accepts.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.grammar import span, tokens


class PieceKind(StrEnum):
    NUMBER = "NUMBER"
    RANGE = "RANGE"
    COMMA = "COMMA"
    STRAY = "STRAY"


class ColorListPiece(Struct, frozen=True):
    """`text[start:end]` of a list: a number, a range (`4-8`, `-8`, `4-`, `-`), a comma, or text that is neither."""

    kind: PieceKind
    start: int
    end: int
    text: str

    @property
    def first(self) -> str:
        """The number, or the one before the dash; empty if it is missing."""
        return self.text.partition("-")[0]

    @property
    def last(self) -> str:
        """The number, or the one after the dash; empty if it is missing."""
        return self.text.rpartition("-")[2]


class ColorListText(Struct, frozen=True):
    """A list of colors as written."""

    passage: Passage
    pieces: tuple[ColorListPiece, ...]

    def location(self, piece: ColorListPiece) -> Location:
        return self.passage.locate(piece.start, piece.end)


def read_color_list(written: Passage) -> ColorListText:
    """The pieces of a list, without a gap between them. A NUL character ends the list."""
    text = written.text.partition("\0")[0]
    pieces = tuple(
        ColorListPiece(PieceKind(token.type), *span(token), str(token)) for token in tokens("color_list", text)
    )
    return ColorListText(written, pieces)
