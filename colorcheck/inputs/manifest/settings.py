"""Settings: raw values with their places, and the readers that turn them into what a manifest key takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.core.units import GIB, KIB, MIB, PAGE
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.inputs.manifest.manifest_keys import KeyKind

T = TypeVar("T")

_UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB}
_SIZE = re.compile(r"(0x[0-9a-f]+|[0-9][0-9_]*)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


class Setting(Struct, frozen=True):
    """A value as written, and its location; `passage` if it is a text without escapes."""

    value: object
    location: Location
    passage: Passage | None = None


Settings = Mapping[str, Setting]


class OtherKindError(ValueError):
    """A value is not of the kind that its key requires."""


_TREE_ALIGNMENT = 8  # MIN_FDT_ALIGN
_SWITCHES = frozenset(("y", "n", "yes", "no", "true", "false", "on", "off"))  # texts for true and false
_DIGITS = 40  # of a number; none that means anything has more


def text(value: object) -> str:
    if not isinstance(value, str):
        raise OtherKindError
    return value


def texts(value: object) -> tuple[str, ...]:
    """One text counts as a list of one."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        raise OtherKindError
    return tuple(text(item) for item in value)


ONE_OF = "one-of"


class ListedGuest(Struct, frozen=True):
    """An entry of the list of guests: its files, each with what is put after it. `one_of`: they are alternatives, of
    which one is run at a time."""

    files: tuple[tuple[str, ...], ...]
    one_of: bool = False


def guests(value: object) -> tuple[ListedGuest, ...]:
    """Each guest with its alternatives, of which one is run at a time: `{ one-of = ["a.cfg", "b.cfg"] }`, else a single
    one. A list in the list is one guest in several files, with arguments of `xl create`."""
    if isinstance(value, str):
        return (ListedGuest(((value,),)),)
    if not isinstance(value, list | tuple):
        raise OtherKindError
    return tuple(map(_guest, value))


def _guest(value: object) -> ListedGuest:
    listed: object = [value]
    if isinstance(value, dict):
        if list(value) != [ONE_OF] or not isinstance(value[ONE_OF], list):
            raise OtherKindError
        listed = value[ONE_OF]
    found = tuple(texts(item) for item in listed) if isinstance(listed, list) else ()
    if not found or any(not each or "=" in each[0] for each in found):
        raise OtherKindError
    return ListedGuest(found, isinstance(value, dict))


def size(value: object) -> int:
    """Bytes, from a number or from a text such as `0x174000`, `64M` or `64 MiB`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or len(match[1]) > _DIGITS:
        raise OtherKindError
    return int(match[1], 16 if match[1].lower().startswith("0x") else 10) * _UNITS[match[2].upper()]


def some_bytes(value: object) -> int:
    """A size that is not zero."""
    found = size(value)
    if not found:
        raise OtherKindError
    return found


def page_address(value: object) -> int:
    """An address at which Xen can be loaded: its code is built for pages (xen/arch/arm/arm64/head.S)."""
    found = size(value)
    if found % PAGE:
        raise OtherKindError
    return found


def tree_address(value: object) -> int:
    """An address at which Xen takes a device tree (`early_fdt_map`)."""
    found = size(value)
    if not found or found % _TREE_ALIGNMENT:
        raise OtherKindError
    return found


def ranges(value: object) -> tuple[tuple[int, int], ...]:
    """(start, size) pairs, from pairs or from texts such as `0x0+2G`."""
    if not isinstance(value, list | tuple):
        raise OtherKindError
    found: list[tuple[int, int]] = []
    for item in value:
        pair = item.split("+") if isinstance(item, str) else item
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise OtherKindError
        found.append((size(pair[0]), size(pair[1])))
    return tuple(found)


def loader(value: object) -> Loader:
    if value not in tuple(Loader):
        raise OtherKindError
    return Loader(str(value))


def shell(value: object) -> str:
    if value not in ("old", "modern"):
        raise OtherKindError
    return str(value)


def u_boot(value: object) -> tuple[int, int]:
    """Year and month of a release of U-Boot, such as 2023.01; a suffix is ignored."""
    found = re.match(r"v?(20\d\d)\.(0[1-9]|1[0-2])(?!\d)", value, re.ASCII) if isinstance(value, str) else None
    if found is None:
        raise OtherKindError
    return int(found[1]), int(found[2])


def option(value: object) -> bool | int | str:
    """A build option: n, y, a number or a text."""
    if not isinstance(value, bool | int | str):
        raise OtherKindError
    if isinstance(value, str) and value not in ("y", "n") and value.strip().lower() in _SWITCHES:
        raise OtherKindError
    return value


def order(value: object) -> str:
    if value not in ("as-listed", "any"):
        raise OtherKindError
    return str(value)


def count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise OtherKindError
    return value


def mpidr(value: object) -> int:
    """An MPIDR, a number or such a text as 0x100."""
    return count(size(value) if isinstance(value, str) else value)


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise OtherKindError
    return float(value)


def percent(value: object) -> float:
    """A share of the whole, 0.1 for "10 %", "10%" or 10."""
    if isinstance(value, str) and (
        match := re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%", value.strip(), re.ASCII)
    ):
        return float(match[1]) / 100
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e9:
        raise OtherKindError
    return float(value) / 100


def factor(value: object) -> float:
    """A number from 1 up."""
    found = number(value)
    if found < 1:
        raise OtherKindError
    return found


def flag(value: object) -> bool:
    """A boolean; the command line gives it as a text."""
    value = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise OtherKindError
    return value


class SettingReader(Struct):
    """Takes settings by their key and collects what is wrong with them. `table` is where they are, for messages."""

    settings: Settings
    problems: list[Problem] = field(default_factory=list)
    table: str = ""

    def get(self, key: str, kind: KeyKind, read: Callable[[object], T]) -> T | None:
        """The value of a key; None if it is not given or of another kind, which is a problem."""
        setting = self.settings.get(key)
        if setting is None:
            return None
        try:
            return read(setting.value)
        except OtherKindError:
            message = f"{self.table}{'.' if self.table else ''}{key} is {shown(setting.value)}"
            self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, message, setting.location, f"write {kind}"))
            return None

    def text(self, key: str) -> str | None:
        return self.get(key, KeyKind.TEXT, text)

    def texts(self, key: str) -> tuple[str, ...] | None:
        return self.get(key, KeyKind.TEXTS, texts)

    def guests(self, key: str) -> tuple[ListedGuest, ...] | None:
        return self.get(key, KeyKind.GUESTS, guests)

    def empty(self, key: str, kind: str) -> None:
        """Note that the list of a key has nothing in it."""
        setting = self.settings[key]
        self.problems.append(
            Problem(ProblemKind.MANIFEST_VALUE, f"{key} is an empty list", setting.location, f"write {kind}")
        )

    def size(self, key: str) -> int | None:
        return self.get(key, KeyKind.SIZE, size)

    def passage(self, key: str) -> Passage | None:
        """A text with its location, as precisely as it is known."""
        setting, found = self.settings.get(key), self.text(key)
        if setting is None or found is None:
            return None
        return setting.passage or Passage(found, setting.location)


def shown(value: object) -> str:
    """A value of TOML in words, short enough for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'the text "{value[:40]}"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return f"{value}"
