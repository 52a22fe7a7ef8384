"""Texts whose characters keep their location in a file, through variables, quotes and second readings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct, field

from colorcheck.core.source import Lines, Location, Passage

NOWHERE = -1
UNKNOWN = 0xF0000  # characters from here on stand for texts that nobody knows, one for each open fact
_LAST = 0xFFFFD


class ScriptTexts(Struct):
    """The texts that take part. A character's place is a number: the offset of its text plus its own in there."""

    starts: list[int] = field(default_factory=list)
    lines: list[Lines] = field(default_factory=list)
    end: int = 0
    images: set[int] = field(default_factory=set)

    def add(self, file: str, text: str, *, image: bool = False) -> range:
        """The places of a text's characters. In an `image` the text is after a header with checksums, so that
        it cannot be edited there: its places have no lines of the file, but name those of the text."""
        begin = self.end
        if image:
            self.images.add(len(self.starts))
        self.starts.append(begin)
        self.lines.append(Lines(file, text))
        self.end += len(text) + 1
        return range(begin, begin + len(text))

    def location(self, begin: int, end: int) -> Location:
        """The stretch from the place `begin` up to, not including, `end`, in one file."""
        index = bisect_right(self.starts, begin) - 1
        start = self.starts[index]
        found = self.lines[index].location(begin - start, max(begin, end) - start)
        return Location(found.file, node=f"line {found.line}") if index in self.images else found

    def of(self, text: Marked, otherwise: Location) -> Location:
        """Where a text is: from its first character to its last one, if they are in one file and in order."""
        known = [at for at in (text.at[0], text.at[-1]) if at >= 0] if text.text else []
        if len(known) < 2 or known[1] < known[0] or self._file(known[0]) != self._file(known[1]):
            return self.location(known[0], known[0] + 1) if known else otherwise
        return self.location(known[0], known[1] + 1)

    def passage(self, text: Marked, otherwise: Location) -> Passage:
        """The text with the locations of its characters, for edits."""
        pieces: list[tuple[int, Location]] = []
        before = NOWHERE - 1
        for offset, at in enumerate(text.at):
            if at >= 0 and (at != before + 1 or not pieces):
                place = self.location(at, at + 1)
                pieces.append((offset, place))
            elif at < 0 and (before >= 0 or not offset):
                pieces.append((offset, Location(otherwise.file)))
            before = at
        if any(not place.line for _, place in pieces):
            return Passage(text.text, otherwise)
        return Passage(text.text, self.of(text, otherwise), tuple(pieces))

    def _file(self, at: int) -> int:
        return bisect_right(self.starts, at)


class Marked:
    """A text and the place of each of its characters (below 0: nowhere)."""

    __slots__ = ("at", "text")

    def __init__(self, text: str, at: Sequence[int] | None = None) -> None:
        self.text = text
        self.at: Sequence[int] = (NOWHERE,) * len(text) if at is None else at

    def __repr__(self) -> str:
        return f"Marked({self.text!r})"

    def part(self, start: int, end: int | None = None) -> Marked:
        return Marked(self.text[start:end], self.at[start:end])


def joined(parts: Sequence[Marked], between: str = "") -> Marked:
    """Texts one after the other."""
    if len(parts) == 1:
        return parts[0]
    texts: list[str] = []
    places: list[int] = []
    for number, part in enumerate(parts):
        if number and between:
            texts.append(between)
            places += (NOWHERE,) * len(between)
        texts.append(part.text)
        places += part.at
    return Marked("".join(texts), places)


def unknown(number: int) -> str:
    """The character that stands for the text of the open fact of this number."""
    return chr(min(UNKNOWN + number, _LAST))


def unknowns(text: str) -> tuple[int, ...]:
    """The numbers of the open facts on which a text depends."""
    if text.isascii():
        return ()
    return tuple(ord(c) - UNKNOWN for c in text if UNKNOWN <= ord(c) <= _LAST)
