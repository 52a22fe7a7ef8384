"""Notes on colors, their lists and the geometry of the cache.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.xen.kinds import DomainKind, Note


class ColoringOffButColors(Note, frozen=True):
    """Colors while coloring is off: an `option` for Xen or dom0, or those of a domain of this kind."""

    KIND: ClassVar[str] = "coloring-off-but-colors"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"option", "owner"})
    option: str = ""
    owner: DomainKind = DomainKind.DOM0


class GeometryHalfGiven(Note, frozen=True):
    """Only one of `llc-size` and `llc-nr-ways` is given, which has no effect."""

    KIND: ClassVar[str] = "geometry-half-given"
    given: str


class WaySizeDiffers(Note, frozen=True):
    """The options give a different way size than that of the board's cache."""

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


class ListRemains(Note, frozen=True):
    """A rejected list keeps the colors read before the error."""

    KIND: ClassVar[str] = "list-remains"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"option", "value"})
    colors: tuple[int, ...]
    option: str
    value: str


class ListDropped(Note, frozen=True):
    """A rejected list has no effect, so the default is used."""

    KIND: ClassVar[str] = "list-dropped"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"option", "value"})
    colors: tuple[int, ...]
    option: str
    value: str


class ListMeansElse(Note, frozen=True):
    """A list is misread: a missing number is read as 0, or xl reads only `read` of `text`."""

    KIND: ClassVar[str] = "list-means-else"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"read"})
    text: str
    colors: tuple[int, ...]
    read: tuple[int, int] | None = None


class DuplicateColors(Note, frozen=True):
    """A list names a color more than once."""

    KIND: ClassVar[str] = "duplicate-colors"
    colors: tuple[int, ...]


class UnsortedXenColors(Note, frozen=True):
    """Xen uses only those colors of its list that ascend."""

    KIND: ClassVar[str] = "unsorted-xen-colors"
    colors: tuple[int, ...]
    used: tuple[int, ...]


class XenDefaultColors(Note, frozen=True):
    """No colors are given for Xen: it takes color 0."""

    KIND: ClassVar[str] = "xen-default-colors"
    colors: tuple[int, ...]


class DefaultColors(Note, frozen=True):
    """No colors are given for a domain: it takes all. `key` is the key for them in its file; empty for a boot
    argument.
    """

    KIND: ClassVar[str] = "default-colors"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"key"})
    colors: tuple[int, ...]
    key: str = ""


class InheritedColors(Note, frozen=True):
    """A domain takes the list of the one before it, or dom0's; `key` as in `DefaultColors`."""

    KIND: ClassVar[str] = "inherited-colors"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"key", "release"})
    colors: tuple[int, ...]
    from_: str
    release: str
    key: str = ""


class EmptyList(Note, frozen=True):
    """A domain has no color at all: an empty list, or none if `release` does not give any."""

    KIND: ClassVar[str] = "empty-list"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"release"})
    release: str = ""


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
