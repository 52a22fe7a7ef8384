"""Notes on colors, their lists and the geometry of the cache.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.xen.kinds import Note, WordedNote


class ColoringOffButColors(WordedNote, frozen=True):
    """`llc-colors` while coloring is off."""

    KIND: ClassVar[str] = "coloring-off-but-colors"


class GeometryHalfGiven(Note, frozen=True):
    """Only one of `llc-size` and `llc-nr-ways` counts for nothing."""

    KIND: ClassVar[str] = "geometry-half-given"
    given: str


class WaySizeDiffers(Note, frozen=True):
    """The options give another way size than the board's cache has."""

    KIND: ClassVar[str] = "way-size-differs"
    given: int
    probed: int


class GeometryUnknown(Note, frozen=True):
    """Neither options nor board give the way size."""

    KIND: ClassVar[str] = "geometry-unknown"


class ColorsCut(Note, frozen=True):
    """More colors than Xen supports, so it takes fewer."""

    KIND: ClassVar[str] = "colors-cut"
    found: int
    taken: int


class OptionCut(Note, frozen=True):
    """An option is longer than 127 characters; its end is lost."""

    KIND: ClassVar[str] = "option-cut"
    option: str
    lost: str


class ListRemains(WordedNote, frozen=True):
    """A rejected list keeps the colors read before the error."""

    KIND: ClassVar[str] = "list-remains"
    colors: tuple[int, ...]


class ListDropped(WordedNote, frozen=True):
    """A rejected list leaves nothing, so the default is used."""

    KIND: ClassVar[str] = "list-dropped"
    colors: tuple[int, ...]


class ListMeansElse(WordedNote, frozen=True):
    """A list means something else than it seems: a missing number counts as 0."""

    KIND: ClassVar[str] = "list-means-else"
    text: str
    colors: tuple[int, ...]


class DuplicateColors(Note, frozen=True):
    """A list names a color more than once."""

    KIND: ClassVar[str] = "duplicate-colors"
    colors: tuple[int, ...]


class UnsortedXenColors(Note, frozen=True):
    """Xen uses only the colors of its list that rise."""

    KIND: ClassVar[str] = "unsorted-xen-colors"
    colors: tuple[int, ...]
    used: tuple[int, ...]


class XenDefaultColors(WordedNote, frozen=True):
    """No colors for Xen: it takes color 0."""

    KIND: ClassVar[str] = "xen-default-colors"
    colors: tuple[int, ...]


class DefaultColors(WordedNote, frozen=True):
    """No colors for a domain: it takes all."""

    KIND: ClassVar[str] = "default-colors"
    colors: tuple[int, ...]


class InheritedColors(WordedNote, frozen=True):
    """4.20: a domain takes the list of the one before it."""

    KIND: ClassVar[str] = "inherited-colors"
    colors: tuple[int, ...]
    from_: str


class EmptyList(WordedNote, frozen=True):
    """A domain has no color at all."""

    KIND: ClassVar[str] = "empty-list"


class ColorOutOfRange(Note, frozen=True):
    """A color that does not exist."""

    KIND: ClassVar[str] = "color-out-of-range"
    color: int
    nr_colors: int
    colors: tuple[int, ...]


class TooManyColors(Note, frozen=True):
    """A list is longer than there are colors."""

    KIND: ClassVar[str] = "too-many-colors"
    count: int
    nr_colors: int
