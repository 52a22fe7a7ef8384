"""A guest's file as xl reads it: memory, vCPUs and colors, with the warnings that xl prints.

Sources: `xlu_cfg_get_*` in `tools/libs/util/libxlu_cfg.c` and `parse_config_data` in `tools/xl/xl_parse.c` (4.22).
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.c_numbers import UINT, scan_unsigned, strtol
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.inputs.xl.xl_values import XlFile, XlList, XlSetting, in_bytes
from colorcheck.xen.domains.xl_iomem import IomemRefused, iomem

MOST_LISTED = 1 << 22
"""Lists with more colors than this are assumed to exhaust xl's memory."""


class XlColors(Struct, frozen=True):
    """One element of `llc_colors`: the colors from `first` to `last`, read from the first `read` characters of it."""

    written: Passage
    first: int
    last: int
    read: int

    @property
    def dropped(self) -> str:
        """The text after the match, which xl ignores."""
        return self.written.text[self.read :]

    @property
    def dropped_location(self) -> Location:
        return self.written.locate(self.read, len(self.written.text))


class XlGuest(Struct, frozen=True):
    """A guest as xl reads its file.

    `memory` and `maxmem` are in MiB. A number is None if the key is missing or if xl warns and ignores it. `name` has
    one character for each byte, as xl passes it on. `llc_colors` is in xl's order with repetitions, None if the key is
    missing or ignored: the guest then gets all colors, as with an empty list. `rejected` is why xl stops.
    """

    file: XlFile
    name: str | None = None
    memory: int | None = None
    maxmem: int | None = None
    vcpus: int | None = None
    maxvcpus: int | None = None
    llc_colors: tuple[int, ...] | None = None
    elements: tuple[XlColors, ...] = ()
    rejected: str | None = None
    messages: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether xl's reader accepts the file; `rejected` may still be set."""
        return self.file.accepted

    @property
    def settings(self) -> tuple[XlSetting, ...]:
        return self.file.settings

    @property
    def title(self) -> str:
        """The name for people; the file's name if it has none."""
        setting = self.file.setting("name")
        return setting.written.text if setting and isinstance(setting.written, Passage) else self.file.file

    def location(self, name: str) -> Location:
        """The location of a key's value; the file if the key is missing."""
        setting = self.file.setting(name)
        return setting.value_location if setting else self.file.location

    def to_dict(self) -> dict[str, object]:
        return {
            "ok": self.ok,
            "settings": [
                {"name": s.name, "operator": s.operator, "line": s.line, "value": s.value} for s in self.settings
            ],
            "memory": self.memory,
            "maxmem": self.maxmem,
            "vcpus": self.vcpus,
            "maxvcpus": self.maxvcpus,
            "name": self.name,
            "llc_colors": None if self.llc_colors is None else list(self.llc_colors),
            "rejected": self.rejected,
            "messages": list(self.messages),
        }


def parse_xl(text: str, file: str = "guest.cfg") -> XlGuest:
    """A guest as xl reads this text. Never raises for any text."""
    return xl_guest(read_xl(text, file))


def xl_guest(file: XlFile) -> XlGuest:
    """A guest as xl reads a parsed file."""
    if not file.accepted:
        return XlGuest(file, rejected=file.errors[0].printed(file.file), messages=file.log)
    reading = _Reading(file)
    name = reading.text("name")
    memory, maxmem = reading.number("memory"), reading.number("maxmem")
    colors, elements, rejected = reading.colors("llc_colors")
    vcpus, maxvcpus = reading.number("vcpus"), reading.number("maxvcpus")
    rejected = rejected or next((each.message for each in iomem(file) if isinstance(each, IomemRefused)), None)
    messages = (*file.log, *reading.warnings, *((rejected,) if rejected else ()))
    return XlGuest(file, name, memory, maxmem, vcpus, maxvcpus, colors, elements, rejected, messages)


def colors_of(file: XlFile, key: str) -> tuple[tuple[int, ...] | None, tuple[XlColors, ...], str | None]:
    """The colors that a key lists, how each element was read, and why xl stops."""
    return _Reading(file).colors(key)


class _Reading:
    """Reads values from a file and collects the warnings."""

    def __init__(self, file: XlFile) -> None:
        self.file = file
        self.warnings: list[str] = []

    def _warn(self, setting: XlSetting, text: str) -> None:
        self.warnings.append(f"{self.file.file}:{setting.line}: warning: {text}")

    def _single(self, name: str) -> tuple[XlSetting, str] | None:
        setting = self.file.setting(name)
        if setting is None:
            return None
        if isinstance(setting.written, XlList):
            self._warn(setting, f"parameter `{name}' is a list but should be a single value")
            return None
        return setting, setting.written.text

    def text(self, name: str) -> str | None:
        found = self._single(name)
        return in_bytes(found[1]) if found else None

    def number(self, name: str) -> int | None:
        found = self._single(name)
        if found is None:
            return None
        setting, text = found
        if setting.operator == "+=":
            self._warn(setting, f"can't use += with numbers for parameter `{name}'")
            return None
        number = strtol(text)
        if number.out_of_range:
            reason = "could not be parsed as a number: Numerical result out of range"
            self._warn(setting, f"parameter `{name}' {reason}")
            return None
        if not number.end or number.end < len(text):
            self._warn(setting, f"parameter `{name}' is not a valid number")
            return None
        return number.value

    def colors(self, name: str) -> tuple[tuple[int, ...] | None, tuple[XlColors, ...], str | None]:
        """The colors, how each element was read, and why xl stops."""
        setting = self.file.setting(name)
        if setting is None:
            return None, (), None
        if not isinstance(setting.written, XlList):
            self._warn(setting, f"parameter `{name}' is a single value but should be a list")
            return None, (), None
        elements: list[XlColors] = []
        count = 0
        for index, item in enumerate(setting.written.items):
            if isinstance(item, XlList):
                return None, tuple(elements), f"xl: Can't get element {index} in LLC color list"
            element = _element(item)
            if element is None:
                return None, tuple(elements), f"xl: Invalid LLC color range: {item.text}"
            if element.first > element.last:
                return None, tuple(elements), f"xl: Start LLC color is greater than end: {item.text}"
            count += element.last - element.first + 1
            if count > MOST_LISTED:
                return None, tuple(elements), f"xl: no memory for a list of {count} LLC colors: {item.text}"
            elements.append(element)
        return tuple(color for e in elements for color in range(e.first, e.last + 1)), tuple(elements), None


def _element(written: Passage) -> XlColors | None:
    """An element as `sscanf` reads it: `%u-%u`, or else `%u`."""
    first = scan_unsigned(written.text)
    if first is None:
        return None
    start, behind = first
    if written.text[behind : behind + 1] == "-":
        second = scan_unsigned(written.text, behind + 1)
        if second:
            return XlColors(written, start, second[0] % UINT, second[1])
    return XlColors(written, start, start, behind)
