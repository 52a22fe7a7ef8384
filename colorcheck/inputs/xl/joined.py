"""A guest whose file is joined from several, with arguments of `xl create` after it.

`xl create FILE NAME=VALUE …` reads the arguments as if they stood after the file's last line, one per line
(`xl_create`, tools/xl/xl_vmcontrol.c). The files are joined into one text by the build.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from colorcheck.core.source import Location
from colorcheck.inputs.xl.xl_values import XlFile


class GuestPart(Struct, frozen=True):
    """A file of the guest, or one argument of `xl create`: its text, and the place of an argument."""

    file: str
    text: str
    place: Location | None = None


def is_argument(name: str) -> bool:
    """Whether a name is an argument for xl: it contains an equals sign; otherwise it is a file name."""
    return "=" in name


def read_joined(parts: Sequence[GuestPart], read: Callable[[str, str], XlFile]) -> XlFile:
    """What xl reads from the parts in their order; every place is that in the part."""
    file = parts[0].file
    starts: list[int] = []
    text = ""
    for part in parts:
        starts.append(text.count("\n"))
        text += part.text if part.text.endswith("\n") else part.text + "\n"

    def moved(place: Location) -> Location:
        if place.file != file or not place.line:
            return place
        number = max(n for n, start in enumerate(starts) if start < place.line)
        part, lines = parts[number], starts[number]
        if part.place is not None:
            return part.place
        return replace(place, file=part.file, line=place.line - lines, end_line=max(1, place.end_line - lines))

    guest: XlFile = _with_places(read(text, file), moved)
    files = tuple(dict.fromkeys(part.file for part in parts[1:] if part.place is None))
    more = tuple(part.file if part.place is None else part.text for part in parts[1:])
    return replace(guest, parts=files, more=more)


def _with_places(value: Any, moved: Callable[[Location], Location]) -> Any:
    """A value with every place in it moved."""
    if isinstance(value, Location):
        return moved(value)
    if isinstance(value, tuple):
        return tuple(_with_places(each, moved) for each in value)
    if isinstance(value, Struct):
        return replace(value, **{each.name: _with_places(getattr(value, each.name), moved) for each in fields(value)})
    return value
