"""A text assembled from several files that knows the origin of every character."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct

from colorcheck.core.source import Lines, Location, Passage

# Separates the texts of two files and is part of no word. One that a file itself holds is replaced while it is read:
# in the grammar's patterns, a set with a character of ASCII is compiled and matched much faster than one with a
# character that no file can hold.
BOUNDARY = "\x01"
_OWN = "\udc01"
# A string of more escapes than this keeps the place of the whole only.
MOST_STRETCHES = 10_000


def decode(data: bytes) -> str:
    """A file's bytes as text, of which `encode` gives back the very bytes, whatever the encoding was."""
    return data.decode("utf-8", "surrogateescape").replace(BOUNDARY, _OWN)


def as_read(text: str) -> str:
    """A part of such a text with the very characters of the file."""
    return text.replace(_OWN, BOUNDARY)


def encode(text: str) -> bytes:
    return as_read(text).encode("utf-8", "surrogateescape")


def octets(data: bytes) -> str:
    """Bytes as a text of one character per byte, as Xen sees them."""
    return data.decode("latin-1")


class Segment(Struct, frozen=True):
    """A stretch that begins at `start` of the whole text and came from `offset` of the file `lines`.

    Where `end` is given, the stretch was made by a macro, and every character of it stands for `offset` to `end`.
    """

    start: int
    lines: Lines
    offset: int
    end: int | None = None


class SourceText:
    """The text that the grammar reads."""

    __slots__ = ("_starts", "_whole_file", "segments", "text")

    def __init__(self, text: str, segments: tuple[Segment, ...]) -> None:
        self.text = text
        self.segments = segments
        self._starts = [segment.start for segment in segments]
        single = len(segments) == 1 and segments[0].start == segments[0].offset == 0 and segments[0].end is None
        self._whole_file = segments[0].lines if single else None

    def segment(self, position: int) -> Segment:
        return self.segments[max(0, bisect_right(self._starts, position) - 1)]

    def segment_end(self, segment: Segment) -> int:
        index = bisect_right(self._starts, segment.start)
        return self._starts[index] if index < len(self._starts) else len(self.text)

    def location(self, start: int, end: int) -> Location:
        """Where `text[start:end]` was written; as much of it as is in the file of its first character."""
        if self._whole_file is not None:
            return self._whole_file.location(start, end)
        first, last = self.segment(start), self.segment(max(start, end - 1))
        begin = _place(first, start, 0)
        if last.lines is not first.lines or _place(last, end, 1) < begin:
            last, end = first, self.segment_end(first)
        return first.lines.location(begin, _place(last, end, 1))

    def file(self, position: int) -> str:
        return self.segment(position).lines.file

    def passage(self, text: str, starts: list[tuple[int, int]], whole: Location) -> Passage:
        """`text`, of which each stretch (offset in `text`, position here) runs on to the next one."""
        pieces: list[tuple[int, Location]] = []
        if len(starts) > MOST_STRETCHES:
            return Passage(text, whole)
        for index, (offset, position) in enumerate(starts):
            stop = starts[index + 1][0] if index + 1 < len(starts) else len(text)
            pieces += self._pieces(offset, position, max(1, stop - offset))
        return Passage(text, whole, tuple(pieces))

    def _pieces(self, offset: int, position: int, length: int) -> list[tuple[int, Location]]:
        """The stretch cut where a line or a segment ends."""
        pieces = []
        here, stop = position, position + length
        while here < stop:
            pieces.append((offset + here - position, self.location(here, here + 1)))
            newline = self.text.find("\n", here, stop)
            here = min(stop if newline < 0 else newline + 1, max(here + 1, self.segment_end(self.segment(here))))
        return pieces


class Shifted:
    """A source whose positions count from `offset` of another."""

    __slots__ = ("offset", "segments", "source")

    def __init__(self, source: SourceText, offset: int) -> None:
        self.source = source
        self.offset = offset
        self.segments = source.segments

    def location(self, start: int, end: int) -> Location:
        return self.source.location(self.offset + start, self.offset + end)

    def file(self, position: int) -> str:
        return self.source.file(self.offset + position)

    def passage(self, text: str, starts: list[tuple[int, int]], whole: Location) -> Passage:
        return self.source.passage(text, [(at, self.offset + position) for at, position in starts], whole)


def _place(segment: Segment, position: int, at_end: int) -> int:
    if segment.end is not None:
        return segment.end if at_end else segment.offset
    return segment.offset + position - segment.start


class Composer:
    """Puts a `SourceText` together, piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._segments: list[Segment] = []
        self.length = 0

    def append(self, text: str, lines: Lines, offset: int, end: int | None = None) -> None:
        """Add a text that is at `offset` of a file (or that a macro at `offset` to `end` made)."""
        if not text:
            return
        last = self._segments[-1] if self._segments else None
        runs_on = last and end is None is last.end and last.lines is lines and _place(last, self.length, 1) == offset
        if not runs_on:
            self._segments.append(Segment(self.length, lines, offset, end))
        self._pieces.append(text)
        self.length += len(text)

    def append_part(self, source: SourceText, start: int, end: int) -> None:
        """Add `source.text[start:end]` with its places."""
        while start < end:
            segment = source.segment(start)
            stop = min(end, source.segment_end(segment))
            self.append(source.text[start:stop], segment.lines, _place(segment, start, 0), segment.end)
            start = stop

    def finish(self, lines: Lines) -> SourceText:
        """The text; `lines` is the file to which an empty text belongs."""
        return SourceText("".join(self._pieces), tuple(self._segments) or (Segment(0, lines, 0),))
