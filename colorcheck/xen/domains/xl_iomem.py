"""`iomem` of an xl file as xl reads it: frames that a guest is given by address.

Source: `parse_config_data` (tools/xl/xl_parse.c, 4.20 to 4.22): each element of the list is read by
`sscanf("%llx,%llx@%llx")`, all numbers in hexadecimal, in pages of 4 KiB; whitespace is accepted only before a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.c_numbers import ULONG
from colorcheck.core.pattern import pattern
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.xl.xl_values import XlFile, XlList

_NUMBER = r"[ \t\n\v\f\r]*([+-]?)(?:0[xX])?([0-9a-fA-F]+)"
_ELEMENT = pattern(rf"{_NUMBER},{_NUMBER}(?:@{_NUMBER})?", re.ASCII)


class IomemRange(Struct, frozen=True):
    """`count` frames from `start` on, and the location of the element."""

    start: int
    count: int
    location: Location


class IomemRefused(Struct, frozen=True):
    """An element at which xl stops, and what it prints."""

    message: str
    location: Location


def iomem(file: XlFile) -> Iterator[IomemRange | IomemRefused]:
    """The elements as xl reads them, up to the first at which it stops. A string instead of a list is ignored."""
    setting = file.setting("iomem")
    if setting is None or not isinstance(setting.written, XlList):
        return
    for index, written in enumerate(setting.written.items):
        if not isinstance(written, Passage):
            yield IomemRefused(f"xl: Unable to get element {index} in iomem list", written.location)
            return
        found = _ELEMENT.fullmatch(written.text)
        if found is None:
            yield IomemRefused(f"xl: Invalid argument parsing iomem: {written.text}", written.whole)
            return
        yield IomemRange(_number(found[1], found[2]), _number(found[3], found[4]), written.whole)


def _number(sign: str, digits: str) -> int:
    """A 64-bit number; larger ones become the maximum (`strtoull`)."""
    value = min(int(digits, 16), ULONG - 1)
    return -value % ULONG if sign == "-" and value < ULONG - 1 else value
