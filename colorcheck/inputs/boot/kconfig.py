"""Kconfig's `.config`: the options with which Xen was built, each with its location."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location

_SET = pattern(r"CONFIG_(?P<name>\w+)=(?P<value>.*)")
_UNSET = pattern(r"# CONFIG_(?P<name>\w+) is not set")
_STRING = pattern(r'"(?P<text>(?:[^"\\]|\\.)*)"')


class KconfigOption(Struct, frozen=True):
    """An option without its `CONFIG_`: `value` is `y`, `m`, `n`, a number as written, or a string without quotes."""

    name: str
    value: str
    location: Location
    value_location: Location

    @property
    def number(self) -> int | None:
        """The value as a decimal or hexadecimal number; None if it is not a number."""
        return integer(self.value)


_INTEGER = pattern(r"-?(?:0[xX][0-9a-fA-F]{1,16}|0|[1-9][0-9]{0,19})")


def integer(value: str) -> int | None:
    """The number that an option has, with or without quotes; None if it is not a number that Kconfig writes."""
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    text = value[1:-1] if quoted else value
    return int(text, 0) if _INTEGER.fullmatch(text) else None


class Kconfig(Struct, frozen=True):
    """All options of a `.config`. If one is set twice, the last setting takes effect."""

    file: str
    options: Mapping[str, KconfigOption] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        return {name: option.value for name, option in self.options.items()}

    def enabled(self, name: str) -> bool:
        option = self.options.get(name)
        return option is not None and option.value == "y"


_OTHERS = {  # that Xen's Kconfig for Arm64 does not have
    "ARM64": "an option of Linux and U-Boot",
    "ARM_32": "an option of Xen for 32-bit Arm",
    "X86": "an option of x86",
    "X86_64": "an option of x86",
    "RISCV": "an option of RISC-V",
    "PPC": "an option of PowerPC",
}


def not_of_this_xen(found: Kconfig) -> str:
    """What shows that a `.config` is not one of Xen for Arm64; empty if nothing does."""
    if found.enabled("ARM_64"):
        return ""
    return next((f"it has CONFIG_{name}, {what}" for name, what in _OTHERS.items() if found.enabled(name)), "")


def read_kconfig(text: str, file: str = ".config") -> Kconfig:
    """The options of a `.config`; lines that Kconfig does not write are problems."""
    options: dict[str, KconfigOption] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        here = _location(file, number, len(line) - len(line.lstrip()), stripped)
        option = _option(stripped, here)
        if option is None:
            if stripped and not stripped.startswith("#"):
                problems.append(
                    Problem(
                        ProblemKind.KCONFIG_LINE,
                        f'"{stripped}" is not a line of a .config',
                        here,
                        "write CONFIG_NAME=value",
                    )
                )
            continue
        earlier = options.get(option.name)
        if earlier and earlier.value != option.value:
            message = (
                f"CONFIG_{option.name} was {earlier.value} in line {earlier.location.line}; this value takes effect"
            )
            problems.append(Problem(ProblemKind.KCONFIG_TWICE, message, here))
        options[option.name] = option
    return Kconfig(file, options, tuple(problems))


def stated(name: str, value: bool | int | str, location: Location) -> KconfigOption:
    """An option as a manifest states it: true and false are y and n."""
    text = {True: "y", False: "n"}[value] if isinstance(value, bool) else str(value)
    return KconfigOption(name.removeprefix("CONFIG_"), text, location, location)


def _location(file: str, line: int, start: int, text: str) -> Location:
    return Location(file, line, start + 1, line, start + 1 + len(text))


def _option(line: str, here: Location) -> KconfigOption | None:
    unset = _UNSET.fullmatch(line)
    if unset:
        return KconfigOption(unset["name"], "n", here, here)
    given = _SET.fullmatch(line)
    if given is None:
        return None
    string = _STRING.fullmatch(given["value"])
    value = re.sub(r"\\(.)", r"\1", string["text"]) if string else given["value"]
    return KconfigOption(
        given["name"],
        value,
        here,
        _location(here.file, here.line, here.column - 1 + given.start("value"), given["value"]),
    )
