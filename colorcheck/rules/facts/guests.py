"""What xl files say about colors, for the rules about single files."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.c_numbers import scan_unsigned
from colorcheck.core.source import Passage
from colorcheck.inputs.xl.xl_values import XlFile, XlList, XlSetting, XlValue
from colorcheck.verification.results import Facts

KEY = "llc_colors"


class Element(Struct, frozen=True):
    """An element of `llc_colors` as xl reads it: `%u-%u`, else `%u`, in base 10; the rest is dropped.

    `first` and `last` are None if no number is found. `end` is the offset of the first character that was not read.
    """

    written: Passage
    first: int | None
    last: int | None
    end: int

    @property
    def dropped(self) -> str:
        return self.written.text[self.end :]


def color_settings(facts: Facts) -> Iterator[tuple[XlFile, XlSetting]]:
    """The `llc_colors` that takes effect, for each guest whose file xl accepts."""
    for guest in facts.deployment.guests:
        setting = guest.setting(KEY) if guest.accepted else None
        if setting is not None:
            yield guest, setting


def color_lists(facts: Facts) -> Iterator[tuple[XlFile, XlSetting, XlList]]:
    """The color settings that are lists."""
    for guest, setting in color_settings(facts):
        if isinstance(setting.written, XlList):
            yield guest, setting, setting.written


def elements(facts: Facts) -> Iterator[tuple[XlFile, XlSetting, Element]]:
    """Every element that is a string, as xl reads it."""
    for guest, setting, values in color_lists(facts):
        for item in values.items:
            read = element(item)
            if read is not None:
                yield guest, setting, read


def element(item: XlValue) -> Element | None:
    """An element as xl reads it; None for a nested list."""
    if not isinstance(item, Passage):
        return None
    first = scan_unsigned(item.text)
    if first is None:
        return Element(item, None, None, 0)
    number, end = first
    if item.text.startswith("-", end):
        last = scan_unsigned(item.text, end + 1)
        if last is not None:
            return Element(item, number, last[0], last[1])
    return Element(item, number, number, end)
