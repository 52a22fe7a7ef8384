"""The colors that a domain gets: from a list, by default, or by mistake."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.xen.kinds import ColorSource, Failure, Note
from colorcheck.xen.notes.colors import ColorOutOfRange, DuplicateColors, ListMeansElse, TooManyColors
from colorcheck.xen.options.color_lists import ColorList


class ColorChoice(Struct, frozen=True):
    """A domain's colors in Xen's order, where they come from, and why Xen refuses the domain, if it does."""

    colors: tuple[int, ...]
    source: ColorSource
    location: Location
    failure: Failure | None = None
    notes: tuple[Note, ...] = ()


def everything(nr_colors: int | None) -> tuple[int, ...]:
    return tuple(range(nr_colors or 0))


def oddities(found: ColorList, domain: str, location: Location) -> tuple[Note, ...]:
    """Notes on misleading parts of a list: repetitions, missing numbers."""
    notes: list[Note] = []
    missing = next((item for item in found.items if item.missing), None)
    if missing is not None:
        notes.append(ListMeansElse(location, domain, text=found.passage.text, colors=found.colors))
    return (*notes, *repeated(found.colors, domain, location))


def repeated(colors: tuple[int, ...], domain: str, location: Location) -> tuple[Note, ...]:
    """A note if a list names a color more than once."""
    twice = tuple(sorted(color for color, count in Counter(colors).items() if count > 1))
    if not twice:
        return ()
    return (DuplicateColors(location, domain, colors=twice),)


def out_of_range(colors: tuple[int, ...], nr_colors: int, domain: str, location: Location) -> tuple[Note, ...]:
    """Notes on colors that do not exist, or on more colors than exist."""
    beyond = tuple(dict.fromkeys(color for color in colors if color >= nr_colors))
    if beyond:
        return (ColorOutOfRange(location, domain, color=beyond[0], nr_colors=nr_colors, colors=beyond),)
    if len(colors) > nr_colors:
        return (TooManyColors(location, domain, count=len(colors), nr_colors=nr_colors),)
    return ()
