"""Xen's own configuration under UEFI (`xen.cfg`): sections and settings with their places.

Source: `pre_parse`, `get_value` (xen/common/efi/boot.c, 4.20 to 4.22): every control character ends a line, `#`
anywhere and `;` at a line's start begin a comment, leading blanks are skipped, no blank may be before `=`, blanks
behind it are skipped, and those at a line's end belong to the value. Measured with EDK2 2022.11.
"""

from __future__ import annotations

import re

from msgspec import Struct

from colorcheck.core.source import Lines, Location, Passage

_LINE = re.compile(r"[^\x00-\x1f\x7f]+")
_HEADER = re.compile(r"\[([^\]]*)(\]?)")
_NO_NAME = "["  # no section has it


KEYS = frozenset(("default", "chain", "options", "kernel", "ramdisk", "xsm", "dtb", "mbi", "video", "ucode"))
"""The keys of `xen.cfg`; the last three are used only on x86."""


class UefiSetting(Struct, frozen=True):
    """`key=value` in a section (empty before the first header); `header` is the number of headers before it."""

    section: str
    key: str
    value: Passage
    header: int = 0


class UefiConfig(Struct, frozen=True):
    """One file. `sections` are the names of all headers in their order, double ones too."""

    file: str
    settings: tuple[UefiSetting, ...] = ()
    sections: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        return Location(self.file)

    @property
    def is_read(self) -> bool:
        """Whether Xen reads any of the settings."""
        return any(setting.key in KEYS for setting in self.settings)

    def get(self, section: str, key: str) -> Passage | None:
        """The first value of a key in the first section of that name, without the blanks in front of it; without a
        name, in any section."""
        first = self.sections.index(section) + 1 if section in self.sections else 0
        for setting in self.settings:
            if setting.key == key and (not section or (first and setting.header == first)):
                return setting.value
        return None


def read_uefi_config(text: str, file: str) -> UefiConfig:
    """Read a configuration. Never fails: what is not a setting is skipped, as Xen does."""
    lines, section = Lines(file, text), ""
    settings: list[UefiSetting] = []
    sections: list[str] = []
    for match in _LINE.finditer(text):
        written, start = match[0].partition("#")[0], match.start()
        said = written.lstrip(" ")
        start += len(written) - len(said)
        if said.startswith(";"):
            continue
        if header := _HEADER.match(said):  # without its end, it ends a section and begins none
            section = header[1] if header[2] else _NO_NAME
            sections.append(section)
            continue
        key, equals, value = said.partition("=")
        if equals and key and key == key.rstrip(" "):
            blanks = len(value) - len(value.lstrip(" "))
            begin, value = start + len(key) + 1 + blanks, value[blanks:]
            place = lines.location(begin, begin + len(value))
            settings.append(UefiSetting(section, key, Passage(value, place, ((0, place),)), len(sections)))
    return UefiConfig(file, tuple(settings), tuple(sections))
