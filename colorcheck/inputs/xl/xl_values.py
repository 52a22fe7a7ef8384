"""The content of an xl file: settings in order with their locations, and the errors of xl's reader."""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage


class XlList(Struct, frozen=True):
    """A list in brackets. `location` is that of the brackets; empty lists have one too."""

    items: tuple[XlValue, ...]
    location: Location


XlValue: TypeAlias = Passage | XlList


def is_bare(value: Passage) -> bool:
    """Whether a value is a number without quotes; the place of a string is that of the characters in its quotes."""
    return value.pieces == ((0, value.whole),)


PlainValue: TypeAlias = "str | list[PlainValue]"


def plain(value: XlValue) -> PlainValue:
    """Strings and lists of them, however deeply nested; each byte of a string as one character, as xl has it."""
    top: list[PlainValue] = []
    pending: list[tuple[XlValue, list[PlainValue]]] = [(value, top)]
    while pending:
        current, target = pending.pop()
        if isinstance(current, Passage):
            target.append(in_bytes(current.text))
        else:
            inner: list[PlainValue] = []
            target.append(inner)
            pending.extend((item, inner) for item in reversed(current.items))
    return top[0]


def in_bytes(text: str) -> str:
    """The bytes of a text, each as the character of that number."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


class XlSetting(Struct, frozen=True):
    """`name = value` or `name += value`. `line` is the one that xl notes: where the value starts.

    With `+=` the value includes that of an earlier setting of this name; a list there is empty from then on.
    """

    name: str
    operator: str
    line: int
    written: XlValue
    name_location: Location

    @property
    def value(self) -> PlainValue:
        return plain(self.written)

    @property
    def value_location(self) -> Location:
        """Of a string, the characters in the quotes; of a list, the brackets too."""
        return self.written.location if isinstance(self.written, XlList) else self.written.whole


_DASH = 'names in xl files cannot contain a dash: write an underscore, as in llc_colors = ["4-8"]'


class XlError(Struct, frozen=True):
    """An error of xl's reader. `line` is the number that xl prints, which can be one less than the true one.

    `name` is the name in front of the place, where the reader waits for `=`.
    """

    line: int
    near: str
    message: str
    location: Location
    name: str = ""

    @property
    def problem(self) -> Problem:
        """The error with what to write instead. A dash is fixed if it can only be meant as the colors' key."""
        message = f'near "{self.near}": {self.message}; xl refuses the whole file'
        text = ""
        fix: tuple[Edit, ...] = ()
        if self.near.startswith("-"):
            text = _DASH
            if re.split(r"[^-a-z_]", self.name + self.near)[0] == "llc-colors":
                start = self.location
                fix = (Edit(start.until(Location(start.file, 0, 0, start.line, start.column + 1)), "_"),)
        elif self.near[:1].isalpha() and self.near != self.near.lower():
            text = f"names are lowercase: write {re.split('[^._0-9a-z]', self.near.lower())[0]}"
        return Problem(ProblemKind.SYNTAX, message, self.location, text, fix)

    def printed(self, file: str) -> str:
        near = f"`{self.near}'" if self.near != "<newline>" else self.near
        return f"{file}:{self.line}: config parsing error near {near}: {self.message}"


_PYTHON = (
    "warning: Config file looks like it contains Python code.",
    "warning:  Arbitrary Python is no longer supported.",
    "warning:  See https://wiki.xen.org/wiki/PythonInXlConfig",
)


class XlFile(Struct, frozen=True):
    """A file as xl's reader takes it. With an error in it, xl refuses the file as a whole.

    `settings` are then those before the first error. `looks_like_python`: xl says so, if there are errors. `parts` are
    further files that are put behind it, and `more` all that is put there, arguments of `xl create` among it.
    """

    file: str
    settings: tuple[XlSetting, ...] = ()
    errors: tuple[XlError, ...] = ()
    looks_like_python: bool = False
    parts: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def pieces(self) -> tuple[str, ...]:
        """The files and arguments that form the guest, in order; unique for each guest and alternative."""
        return (self.file, *self.more)

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file, *self.parts)

    @property
    def accepted(self) -> bool:
        return not self.errors

    @property
    def location(self) -> Location:
        return Location(self.file)

    @property
    def log(self) -> tuple[str, ...]:
        """The messages that xl prints while it reads the file."""
        lines = tuple(error.printed(self.file) for error in self.errors)
        return lines + _PYTHON if lines and self.looks_like_python else lines

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(error.problem for error in self.errors)

    def setting(self, name: str) -> XlSetting | None:
        """The setting that takes effect: the last one of that name."""
        return next((setting for setting in reversed(self.settings) if setting.name == name), None)
