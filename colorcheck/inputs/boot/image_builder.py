"""ImageBuilder configurations: the assignments of a shell file, read without running a shell.

ImageBuilder executes the file with `source`. What cannot be known without a shell (commands, expansions) is a
problem with its place, the assignments of its line are left out, and what the line may set is unknown. What the keys
mean is in `colorcheck.loader.image_builder.image_builder`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Lines, Location, Passage, concatenated
from colorcheck.inputs.boot.image_builder_keys import KEYS

_BLANK = re.compile(r"(?:[ \t\n]|\\\n)+")
_BOUNDARY = pattern(r"[ \t\n;]|\Z")
_COMMENT = re.compile(r"#[^\n]*")
_NAME = re.compile(r"(?<!\w)(?P<name>[A-Za-z_]\w*+)(?:\[(?P<index>[^\]\n]*)\])?(?P<add>\+)?=", re.ASCII)
_ELEMENT = pattern(r"\[(?P<index>[^\]\n]*)\]=")
_INDEX = re.compile(r"\d+(?:,\d+)*", re.ASCII)
_PLAIN = re.compile(r"[^ \t\n'\"\\$`;&|<>()~]+")
_MANY = re.compile(r"[*?\[{]")
_SINGLE = pattern(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r'\\[$`"\\\n]')
_EXPANSION = re.compile(r"(?<!\\)(?:\\\\)*+([$`])")
_SOURCE = re.compile(r"(?:source|\.)[ \t]+")
_DEEPEST = 8  # files that take in one another
_SETS = pattern(r"\$\(\((?![\d\s+*/%()<>-]*\)\))|\$\[|\$\{[^}\n]*(?:[\[=]|:[^-+?])|\[[^\[\]\n]*(?:=|\+\+|--)")
"""Expansions that can set variables of the shell, by `:=` or in arithmetic."""
_IDENTIFIER = pattern(r"[A-Za-z_]\w*", re.ASCII)
_UNREAD = (
    r"(?:[^\s'\"`$();&|<>\\]|\$\([^()\n]*\)|\$\(\([^()\n]*\)\)|`[^`\n]*`|\$\{[^{}\n]*\}|\$(?=\w)"
    r"|'[^'\n]*'|\"[^\"\n]*\")*+"
)
_ONLY_ASSIGNS = pattern(
    rf"[A-Za-z_]\w*\+?={_UNREAD}(?:[ \t]+[A-Za-z_]\w*\+?={_UNREAD})*[ \t;]*(?:[ \t]#[^\n]*)?", re.ASCII
)
"""A line that consists only of assignments, whatever their values."""
_END_OF_LINE = re.compile(r"[^\n]*")
_HELP = 'write a plain assignment KEY="value"; it can then be checked without running the file'


class Assignment(Struct, frozen=True):
    """`NAME=value` or `NAME[index]=value`. `name_location` takes in the index."""

    name: str
    index: str
    value: Passage
    name_location: Location

    @property
    def key(self) -> str:
        return f"{self.name}[{self.index}]" if self.index else self.name

    @property
    def location(self) -> Location:
        return self.name_location.until(self.value.whole)


class ImageBuilderFile(Struct, frozen=True):
    """The assignments of a configuration in their order; a later one of the same key counts.

    `doubts` are the problems behind which a key of ImageBuilder may have another value than the one read.
    """

    file: str
    assignments: tuple[Assignment, ...] = ()
    problems: tuple[Problem, ...] = ()
    used: frozenset[str] = frozenset()  # names of variables that other lines of the file refer to
    doubts: tuple[Problem, ...] = ()

    @property
    def location(self) -> Location:
        return Location(self.file)

    def get(self, name: str, index: int | str | None = None) -> Assignment | None:
        """The assignment that takes effect. Index 0 of a name is the name itself, as in the shell."""
        number = shell_index(str(index or ""))
        wanted = ("", "0") if number in ("", "0") else (number,)
        return next((a for a in reversed(self.assignments) if a.name == name and a.index in wanted), None)

    def text(self, name: str, index: int | str | None = None) -> str:
        found = self.get(name, index)
        return found.value.text if found else ""


def shell_index(text: str) -> str | None:
    """The decimal index that the shell's arithmetic reads: octal after a zero, the last of several between commas.
    None if it is not such a number (`08`)."""
    last = text.rpartition(",")[2]
    if not last.startswith("0"):
        return last
    return str(int(last, 8)) if not set(last) - set("01234567") else None


Opener = Callable[[str, Location], "tuple[str, str] | Problem"]
"""Text and path of a file that a configuration names at a place, or why it cannot be read."""


def read_image_builder(text: str, file: str = "config", opener: Opener | None = None) -> ImageBuilderFile:
    """The assignments of a configuration, and of the files that it takes in with `source` where `opener` reads them.
    Never raises for any text."""
    reader = _Reader(file, text)
    reader.opener = opener
    reader.read()
    reader.join()
    return ImageBuilderFile(
        file, tuple(reader.assignments), tuple(reader.problems), frozenset(reader.used), tuple(reader.doubts)
    )


_VARIABLE = pattern(r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:\[(?P<index>\d+)\])?\})", re.ASCII)


class _NeedsShellError(Exception):
    """Something, at an offset, whose value only a shell can determine."""

    def __init__(self, offset: int, what: str, *, command: bool = False) -> None:
        super().__init__(what)
        self.offset = offset
        self.command = command  # which can set any variable


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.text = text
        self.lines = Lines(file, text)
        self.position = 0
        self.assignments: list[Assignment] = []
        self.used: set[str] = set()
        self.line: list[Assignment] = []  # those of the line that is being read
        self.additions: dict[int, Assignment] = {}  # those by `+=`, by identity; they have their own text only
        self.splits = False  # in an array, where a value with blanks would be several elements
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []
        self.names: list[str] = []  # those that the line at hand sets
        self.given: set[str] = set()  # names of all assignments so far
        self.unknown: set[str] = set()  # names whose value only a shell could tell from here on
        self.opener: Opener | None = None
        self.depth = 0

    def read(self) -> None:
        while self._skip():
            start, self.names = self.position, []
            try:
                made = self._command()
            except _NeedsShellError as error:
                self.position = max(self.position, error.offset)
                self._take(_END_OF_LINE)
                self._leave_open(error, start)
                continue
            self.assignments += made
            self.given.update(each.name for each in made)
            self.unknown.difference_update(each.name for each in made if id(each) not in self.additions)

    def _leave_open(self, error: _NeedsShellError, start: int) -> None:
        """Handle a line that was not read. If it only sets variables of the file, their uses are problems."""
        self.used.update(found[1] or found[2] for found in _VARIABLE.finditer(self.text, start, self.position))
        self.unknown.update(self.names)
        text = self.text[start : self.position].strip()
        self.unknown.update(found["name"] for found in _NAME.finditer(text))
        own = self.names and KEYS.isdisjoint(_IDENTIFIER.findall(text))
        if not error.command and own and _ONLY_ASSIGNS.fullmatch(text) and not _SETS.search(text):
            return
        message = f"{error}: this line cannot be read without running a shell"
        place = self.lines.location(start, self.position)
        problem = Problem(ProblemKind.NEEDS_SHELL, message, place, _HELP)
        self.problems.append(problem)
        self.doubts.append(problem)

    def join(self) -> None:
        """Give the last addition to each variable the whole value. Joining at each addition would take quadratic
        time."""
        chains: dict[tuple[str, str], list[int]] = {}
        for number, each in enumerate(self.assignments):
            key = (each.name, "" if each.index == "0" else each.index)
            if id(each) in self.additions:
                chains.setdefault(key, []).append(number)
            else:
                chains[key] = [number]
        for numbers in chains.values():
            last = self.assignments[numbers[-1]]
            if id(last) in self.additions and len(numbers) > 1:
                values = [self.assignments[number].value for number in numbers]
                self.assignments[numbers[-1]] = replace(last, value=concatenated(values, last.value.whole))

    def _value(self, name: str, index: str | None) -> Passage | None:
        """The value of a variable up to here; None if not known."""
        number = shell_index(index or "")
        wanted = ("", "0") if number in ("", "0") else (number,)
        values: list[Passage] = []
        for each in chain(reversed(self.line), reversed(self.assignments)):
            if each.name == name and each.index in wanted:
                values.append(each.value)
                if id(each) not in self.additions:
                    break
        if len(values) < 2:
            return values[0] if values else None
        return concatenated(reversed(values), values[0].whole)

    def _skip(self) -> bool:
        """Skip blanks and comments; returns whether anything is left."""
        while self._take(_BLANK) or self._take(_COMMENT):
            pass
        return self.position < len(self.text)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is None or match.end() == self.position:
            return None
        self.position = match.end()
        return match

    def _command(self) -> list[Assignment]:
        """Assignments up to the end of the line or `;`. In front of a command they would hold for it alone."""
        found: list[Assignment] = []
        self.line = found
        if self.opener is not None and self._take(_SOURCE):
            self._source(self.opener)
            return found
        while True:
            start = self.position
            match = self._take(_NAME)
            if match is None:
                word = _END_OF_LINE.match(self.text, start)
                shown = word[0].split(" ")[0] if word else ""
                raise _NeedsShellError(start, f'"{shown}" is a command', command=True)
            found += self._assigned(match)
            while self._blank():
                pass
            if self.position >= len(self.text) or self.text[self.position] in "\n;#":
                self.position += self.text.startswith(";", self.position)
                return found

    def _source(self, opener: Opener) -> None:
        """`source FILE`: its assignments count from here on, and it sees those before."""
        start = self.position
        name = self._word()
        end = self.position
        while self._blank():
            pass
        if not name.text or (self.position < len(self.text) and self.text[self.position] not in "\n;#"):
            raise _NeedsShellError(start, '"source" with more than a file', command=True)
        if self.depth >= _DEEPEST:
            raise _NeedsShellError(start, f"files include one another more than {_DEEPEST} levels deep", command=True)
        found = opener(name.text, self.lines.location(start, end))
        if isinstance(found, Problem):
            self.problems.append(found)
            self.doubts.append(found)
            return
        inner = _Reader(found[1], found[0])
        inner.opener, inner.depth = opener, self.depth + 1
        inner.assignments, inner.used, inner.additions = self.assignments, self.used, self.additions
        inner.unknown, inner.given = self.unknown, self.given
        inner.read()
        self.problems += inner.problems
        self.doubts += inner.doubts

    def _blank(self) -> bool:
        if self.text.startswith("\\\n", self.position):
            self.position += 2
            return True
        if self.text[self.position : self.position + 1] in (" ", "\t"):
            self.position += 1
            return True
        return False

    def _assigned(self, match: re.Match[str]) -> list[Assignment]:
        name, index = match["name"], match["index"]
        self.names.append(name)
        if index is not None and not _INDEX.fullmatch(index):
            raise _NeedsShellError(match.start(), f'the index "{index}" is not a number')
        index = None if index is None else shell_index(index)
        if match["index"] is not None and index is None:
            raise _NeedsShellError(match.start(), f'the index "{match["index"]}" is not a number')
        place = self.lines.location(match.start(), match.end() - (2 if match["add"] else 1))
        if index is None and self.text.startswith("(", self.position):
            if match["add"]:
                raise _NeedsShellError(match.start(), "elements are added to an array")
            if name in self.given:
                raise _NeedsShellError(match.start(), "an array takes the place of earlier elements")
            return self._array(name, place)
        value = self._word()
        made = Assignment(name, index or "", value, place)
        if match["add"]:
            self.additions[id(made)] = made
        return [made]

    def _array(self, name: str, place: Location) -> list[Assignment]:
        """`NAME=(a b [4]=c)`: elements count on from the last index."""
        opening = self.position
        self.position += 1
        found: list[Assignment] = []
        following = 0
        while self._skip():
            if self.text[self.position] == ")":
                self.position += 1
                if not _BOUNDARY.match(self.text, self.position):
                    raise _NeedsShellError(opening, "text follows an array without a blank")
                return found
            element = self._take(_ELEMENT)
            if element:
                if not element["index"].isascii() or not element["index"].isdigit():
                    raise _NeedsShellError(element.start(), f'the index "{element["index"]}" is not a number')
                number = shell_index(element["index"][:9])
                if number is None:
                    raise _NeedsShellError(element.start(), f'the index "{element["index"]}" is not a number')
                following = int(number)
            start = self.position
            self.splits = True
            try:
                value = self._word()
            finally:
                self.splits = False
            if _MANY.search(self.text, start, self.position):
                raise _NeedsShellError(start, "a pattern in an array can expand to several elements")
            if self.position == start and not element:
                raise _NeedsShellError(start, f'"{self.text[start]}" in an array')
            found.append(Assignment(name, str(following), value, place))
            following += 1
        raise _NeedsShellError(opening, "an array has no end")

    def _word(self) -> Passage:
        """A word without its quotes."""
        start = self.position
        parts: list[Passage] = []
        while True:
            plain = self._take(_PLAIN)
            if plain:
                parts += self._pieces(plain.start(), plain.end())
                continue
            character = self.text[self.position : self.position + 1]
            if character in ("", " ", "\t", "\n", ";", ")"):
                break
            self._quoted(character, parts)
        whole = self.lines.location(start, self.position)
        return replace(concatenated(parts, whole), whole=whole)

    def _quoted(self, character: str, parts: list[Passage]) -> None:
        start = self.position
        if character == "\\":
            if start + 1 == len(self.text):
                raise _NeedsShellError(start, "the file ends with a backslash")
            self.position = start + 2
            if not self.text.startswith("\\\n", start):
                parts += self._pieces(start + 1, self.position)
            return
        if character == "$" and (value := self._variable(start)) is not None:
            parts.append(value)
            return
        if character in ("$", "`", "~"):
            raise _NeedsShellError(start, f'"{character}" is something that the shell evaluates')
        if character in ("'", '"'):
            match = self._take(_SINGLE if character == "'" else _DOUBLE)
            if match is None:
                self.position = len(self.text)
                raise _NeedsShellError(start, "a quote has no end")
            if character == "'":
                parts += self._pieces(match.start(1), match.end(1))
            else:
                self._double_quoted(match.start(1), match.end(1), parts)
            return
        raise _NeedsShellError(start, f'"{character}" belongs to a command', command=True)

    def _variable(self, start: int) -> Passage | None:
        """The value of a variable that this file has set before, and the length of its name; None for any other."""
        match = _VARIABLE.match(self.text, start)
        if match is None:
            return None
        name, index = match["bare"] or match["name"], match["index"]
        known = None if name in self.unknown else self._value(name, index)
        if known is None or (_MANY.search(known.text) and self.splits):
            return None
        self.position = match.end()
        self.used.add(name)
        return known

    def _double_quoted(self, start: int, end: int, parts: list[Passage]) -> None:
        closing = self.position
        while expansion := _EXPANSION.search(self.text, start, end):
            offset = expansion.start(1)
            value = self._variable(offset) if expansion[1] == "$" else None
            if value is None:
                raise _NeedsShellError(offset, f'"{expansion[1]}" is something that the shell evaluates')
            self._without_escapes(start, offset, parts)
            parts.append(value)
            start, self.position = self.position, closing
        self._without_escapes(start, end, parts)

    def _without_escapes(self, start: int, end: int, parts: list[Passage]) -> None:
        position = start
        for escape in _ESCAPE.finditer(self.text, start, end):
            parts += self._pieces(position, escape.start())
            if escape[0] != "\\\n":
                parts += self._pieces(escape.start() + 1, escape.end())
            position = escape.end()
        parts += self._pieces(position, end)

    def _pieces(self, start: int, end: int) -> list[Passage]:
        """`text[start:end]`, split after newlines."""
        found = []
        while start < end:
            newline = self.text.find("\n", start, end)
            stop = end if newline < 0 else newline + 1
            place = self.lines.location(start, stop)
            found.append(Passage(self.text[start:stop], place, ((0, place),)))
            start = stop
        return found
