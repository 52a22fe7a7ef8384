"""Lists of colors as each release reads them: what is stored, what is refused, and what remains after an error.

Upstream: `parse_color_config` in `xen/common/llc-coloring.c` of 4.20.4, 4.21.2 and 4.22.0. The Xilinx releases: the
function of that name in `xen/arch/arm/coloring.c` (2019.2, 2020.2) and `xen/arch/arm/llc-coloring.c` (4.17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.c_numbers import UINT, simple_strtoull
from colorcheck.core.source import Location, Passage, passage
from colorcheck.inputs.boot.color_list import ColorListPiece, ColorListText, PieceKind, read_color_list
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.release.spelling import ListReader
from colorcheck.xen.release.traits import Traits


class ColorItem(Struct, frozen=True):
    """One item of a list as Xen read it: the colors from `first` to `last`, at `text[start:end]`.

    `missing`: at least one of its numbers is missing and read as 0.
    """

    start: int
    end: int
    first: int
    last: int
    missing: bool = False


class ListFault(StrEnum):
    """The faults of a list."""

    MISSING_NUMBER = "missing-number"
    TOO_LARGE = "too-large"
    REVERSED = "reversed"
    TOO_MANY = "too-many"
    STRAY_TEXT = "stray-text"
    NO_RANGE = "no-range"


class ListError(Struct, frozen=True):
    """Why a list is refused, and where reading stopped."""

    kind: ListFault
    message: str
    start: int
    end: int


class ColorList(Struct, frozen=True):
    """A list as read by a release.

    `colors` is the content of the array afterwards, in its order and with repetitions; `items` has the items that were
    stored; `error` is None if the list is accepted.
    """

    written: ColorListText
    colors: tuple[int, ...]
    items: tuple[ColorItem, ...]
    error: ListError | None = None
    count: int = 0  # colors that Xen counts; 2019.2 can count fewer than it stores

    @property
    def passage(self) -> Passage:
        return self.written.passage

    @property
    def error_location(self) -> Location | None:
        return self.passage.locate(self.error.start, self.error.end) if self.error else None

    def location(self, item: ColorItem) -> Location:
        return self.passage.locate(item.start, item.end)


class ColorListRejected(ValueError):
    """Xen refuses a list of colors; `color_list` has the reason and the colors that remain in effect nevertheless."""

    def __init__(self, color_list: ColorList) -> None:
        super().__init__(color_list.error.message if color_list.error else "")
        self.color_list = color_list


Reader = Callable[[ColorListText, Traits, int, int], ColorList]
"""Reads a list, given the release's traits, the size of its array and an exclusive upper limit for colors."""


def read_upstream(written: ColorListText, traits: Traits, room: int, limit: int) -> ColorList:
    """Upstream's reader: traits of the release decide about missing numbers, colors beyond the limit and errors."""
    limit = limit if traits.color_of_128_is_rejected_when_read else UINT
    items: list[ColorItem] = []
    colors: list[int] = []
    error = None
    pieces, position = written.pieces, 0
    while position < len(pieces):
        piece = pieces[position]
        item = _item(piece)
        if item.missing and traits.number_needs_digits:
            error = ListError(ListFault.MISSING_NUMBER, "a number is missing", piece.start, piece.end)
            break
        error = _range_error(item, len(colors), room, limit)
        if error:
            break
        items.append(item)
        colors += range(item.first, item.last + 1)
        position += item.end > item.start
        if position == len(pieces):
            break
        if pieces[position].kind is not PieceKind.COMMA:
            error = _stray(pieces[position])
            break
        position += 1
    if error and not traits.rejected_list_remains:
        colors = []
    return ColorList(written, tuple(colors), tuple(items), error, len(colors))


def _range_error(item: ColorItem, count: int, room: int, limit: int) -> ListError | None:
    if item.first > item.last:
        return ListError(
            ListFault.REVERSED, f"the range starts at {item.first}, above its end {item.last}", item.start, item.end
        )
    if item.last >= limit:
        return ListError(ListFault.TOO_LARGE, f"color {item.last} is not below {limit}", item.start, item.end)
    if count + item.last - item.first + 1 > room:
        return ListError(ListFault.TOO_MANY, f"more than {room} colors", item.start, item.end)
    return None


def _stray(piece: ColorListPiece) -> ListError:
    return ListError(
        ListFault.STRAY_TEXT, f'"{piece.text}" where a comma or the end is expected', piece.start, piece.end
    )


def _item(piece: ColorListPiece) -> ColorItem:
    """A piece as one item; text that is neither a number nor a range is read as 0."""
    if piece.kind not in (PieceKind.NUMBER, PieceKind.RANGE):
        return ColorItem(piece.start, piece.start, 0, 0, missing=True)
    first, last = (simple_strtoull(number)[0] % UINT for number in (piece.first, piece.last))
    return ColorItem(piece.start, piece.end, first, last, missing=not (piece.first and piece.last))


def read_xilinx_list(written: ColorListText, traits: Traits, room: int, limit: int) -> ColorList:
    """Xilinx 4.17: commas are ignored; text that is not a number is read as color 0 until the array is full."""
    del traits, limit  # checked later, against the number of colors
    items: list[ColorItem] = []
    colors: list[int] = []
    error = None
    for piece in written.pieces:
        if piece.kind is PieceKind.COMMA:
            continue
        if piece.kind is PieceKind.STRAY:
            error = _stray(piece)
            colors += [0] * (room - len(colors))
            break
        item = _item(piece)
        error = _range_error(item, len(colors), room, UINT)
        if error:
            break
        items.append(item)
        colors += range(item.first, item.last + 1)
    return ColorList(written, tuple(colors), tuple(items), error, len(colors))


def read_xilinx_mask(written: ColorListText, traits: Traits, room: int, limit: int) -> ColorList:
    """Xilinx 2020.2 to 4.16: ranges only, merged into a mask of 32-bit words; colors read before an error remain.

    The limit is off by one word: colors 128 to 159 are stored beyond the mask's four words.
    """
    del traits, room, limit
    colors: set[int] = set()
    items, error = _ranges(written.pieces)
    for item in items:
        first, last = _signed(item.first), _signed(item.last)
        if first <= last and first < 0:
            error = ListError(ListFault.TOO_LARGE, f"color {item.first} is not below {_MASK_END}", item.start, item.end)
            break
        colors.update(range(first, min(last + 1, _MASK_END)))
        if first <= last and last >= _MASK_END:
            error = ListError(ListFault.TOO_LARGE, f"color {last} is not below {_MASK_END}", item.start, item.end)
            break
    return ColorList(written, tuple(sorted(colors)), items, error, len(colors))


def read_xilinx_single_mask(written: ColorListText, traits: Traits, room: int, limit: int) -> ColorList:
    """Xilinx 2019.2: ranges only, merged into one 64-bit mask; an error empties it.

    A color's bit is shifted as a 32-bit signed number, so colors count modulo 32 and color 31 sets all bits above.
    """
    del traits, room, limit
    items, error = _ranges(written.pieces)
    if error:
        return ColorList(written, (), items, error)
    bits: set[int] = set()
    for item in items:
        first, last = _signed(item.first), _signed(item.last)
        bits.update(color % 32 for color in range(first, min(last + 1, first + 32)))
    colors = bits | set(range(32, 64)) if 31 in bits else bits
    return ColorList(written, tuple(sorted(colors)), items, None, len(bits))


_MASK_END = 160


def _ranges(pieces: Sequence[ColorListPiece]) -> tuple[tuple[ColorItem, ...], ListError | None]:
    """The ranges up to the first piece that is neither a range nor a comma."""
    items: list[ColorItem] = []
    for piece in pieces:
        if piece.kind is PieceKind.NUMBER:
            error = ListError(
                ListFault.NO_RANGE,
                f'"{piece.text}" is not a range: a single color is written {piece.text}-{piece.text}',
                piece.start,
                piece.end,
            )
            return tuple(items), error
        if piece.kind is PieceKind.STRAY:
            return tuple(items), _stray(piece)
        if piece.kind is PieceKind.RANGE:
            items.append(_item(piece))
    return tuple(items), None


def _signed(value: int) -> int:
    return value - UINT if value >= UINT >> 1 else value


READERS: dict[ListReader, Reader] = {
    ListReader.UPSTREAM: read_upstream,
    ListReader.XILINX_LIST: read_xilinx_list,
    ListReader.XILINX_MASK: read_xilinx_mask,
    ListReader.XILINX_SINGLE_MASK: read_xilinx_single_mask,
}


def read_colors(written: Passage, release: Release, room: int, most_colors: int | None = None) -> ColorList:
    """A list as read by the release.

    `room` is the size of its array: `most_colors` on the command line, the number of colors of the cache in the device
    tree. `most_colors` is Xen's build limit.
    """
    limit = release.most_colors if most_colors is None else most_colors
    return READERS[release.lists](read_color_list(written), release.traits, room, limit)


def parse_color_list(text: str, nr_colors: int, xen: str = "4.20") -> tuple[int, ...]:
    """The colors of a list that Xen reads into an array of `nr_colors`, in its order and with repetitions, as upstream
    reads `llc-colors` of a device tree. Raises `ColorListRejected` if Xen refuses the list, and `UnknownReleaseError`.
    """
    found = read_colors(passage(text, Location("")), release_of(xen), nr_colors)
    if found.error:
        raise ColorListRejected(found)
    return found.colors
