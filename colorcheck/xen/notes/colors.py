"""Notes on colors, their lists and the geometry of the cache.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.core.value import dataclass
from colorcheck.xen.kinds import Note


@dataclass(frozen=True, slots=True)
class ColoringOffButColors(Note):
    """`llc-colors` while coloring is off."""

    KIND: ClassVar[str] = "coloring-off-but-colors"


@dataclass(frozen=True, slots=True)
class GeometryHalfGiven(Note):
    """Only one of `llc-size` and `llc-nr-ways` counts for nothing."""

    KIND: ClassVar[str] = "geometry-half-given"
    given: str


@dataclass(frozen=True, slots=True)
class WaySizeDiffers(Note):
    """The options give another way size than the board's cache has."""

    KIND: ClassVar[str] = "way-size-differs"
    given: int
    probed: int


@dataclass(frozen=True, slots=True)
class GeometryUnknown(Note):
    """Neither options nor board give the way size."""

    KIND: ClassVar[str] = "geometry-unknown"


@dataclass(frozen=True, slots=True)
class ColorsCut(Note):
    """More colors than Xen supports, so it takes fewer."""

    KIND: ClassVar[str] = "colors-cut"
    found: int
    taken: int


@dataclass(frozen=True, slots=True)
class OptionCut(Note):
    """An option is longer than 127 characters; its end is lost."""

    KIND: ClassVar[str] = "option-cut"
    option: str
    lost: str


@dataclass(frozen=True, slots=True)
class ListRemains(Note):
    """A rejected list keeps the colors read before the error."""

    KIND: ClassVar[str] = "list-remains"
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListDropped(Note):
    """A rejected list leaves nothing, so the default is used."""

    KIND: ClassVar[str] = "list-dropped"
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListMeansElse(Note):
    """A list means something else than it seems: a missing number counts as 0."""

    KIND: ClassVar[str] = "list-means-else"
    text: str
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DuplicateColors(Note):
    """A list names a color more than once."""

    KIND: ClassVar[str] = "duplicate-colors"
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnsortedXenColors(Note):
    """Xen uses only the colors of its list that rise."""

    KIND: ClassVar[str] = "unsorted-xen-colors"
    colors: tuple[int, ...]
    used: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class XenDefaultColors(Note):
    """No colors for Xen: it takes color 0."""

    KIND: ClassVar[str] = "xen-default-colors"
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DefaultColors(Note):
    """No colors for a domain: it takes all."""

    KIND: ClassVar[str] = "default-colors"
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InheritedColors(Note):
    """4.20: a domain takes the list of the one before it."""

    KIND: ClassVar[str] = "inherited-colors"
    colors: tuple[int, ...]
    from_: str


@dataclass(frozen=True, slots=True)
class EmptyList(Note):
    """A domain has no color at all."""

    KIND: ClassVar[str] = "empty-list"


@dataclass(frozen=True, slots=True)
class ColorOutOfRange(Note):
    """A color that does not exist."""

    KIND: ClassVar[str] = "color-out-of-range"
    color: int
    nr_colors: int
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TooManyColors(Note):
    """A list is longer than there are colors."""

    KIND: ClassVar[str] = "too-many-colors"
    count: int
    nr_colors: int
