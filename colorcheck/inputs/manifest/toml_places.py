"""Where the keys and values of a TOML file are. The values themselves come from `tomllib`.

Made for text that `tomllib` has accepted: nothing is checked a second time.
"""

from __future__ import annotations

import re

from msgspec import Struct

from colorcheck.core.source import Lines, Location, Passage

Path = tuple[str, ...]

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r]+|\#[^\n]*)
    | (?P<newline>\n)
    | (?P<multi>\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5})
    | (?P<text>\"(?:[^"\\\n]|\\.)*\"|'[^'\n]*')
    | (?P<mark>[\[\]{}=,.])
    | (?P<bare>[^\s\[\]{}=,.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)


class Place(Struct, frozen=True):
    """Where a key and its value are; `passage` is the text of a string that the file has without escapes."""

    key: Location
    value: Location
    passage: Passage | None = None


class _Token(Struct, frozen=True):
    kind: str
    text: str
    start: int
    end: int


def places(file: str, text: str) -> dict[Path, Place]:
    """The place of every table, key and list item, by its path: `("policy", "share", "0", "reason")`."""
    return _Scanner(file, text).scan()


class _Scanner:
    def __init__(self, file: str, text: str) -> None:
        self.lines = Lines(file, text)
        self.tokens = [
            _Token(m.lastgroup or "", m.group(), m.start(), m.end())
            for m in _TOKEN.finditer(text)
            if m.lastgroup != "space"
        ]
        self.tokens.append(_Token("end", "", len(text), len(text)))
        self.at = 0
        self.found: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}

    def scan(self) -> dict[Path, Place]:
        table: Path = ()
        while self._peek().kind != "end":
            if self._peek().kind == "newline":
                self.at += 1
            elif self._peek().text == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.found

    def _peek(self) -> _Token:
        return self.tokens[self.at]

    def _next(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def _header(self) -> Path:
        start = self._next().start
        several = self._peek().text == "["
        if several:
            self._next()
        names, _, _ = self._dotted()
        path: Path = ()
        for number, part in enumerate(names, 1):
            path = (*path, part)
            if several and number == len(names):
                self._next()
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, str(self.counts[path] - 1))
        end = self._next().end
        place = self.lines.location(start, end)
        self.found[path] = Place(place, place)
        return path

    def _dotted(self) -> tuple[Path, int, int]:
        start, end = self._peek().start, self._peek().end
        parts: list[str] = []
        while self._peek().kind in ("bare", "text") or self._peek().text == ".":
            token = self._next()
            end = token.end
            if token.text != ".":
                parts.append(_content(token))
        return tuple(parts), start, end

    def _pair(self, table: Path) -> None:
        names, start, end = self._dotted()
        if self._next().text != "=":
            return
        path = (*table, *names)
        key = self.lines.location(start, end)
        self._value(path, key)

    def _value(self, path: Path, key: Location | None) -> None:
        first = self._peek()
        passage: Passage | None = None
        if first.text == "[":
            self._items(path)
        elif first.text == "{":
            self._inline(path)
        elif first.kind in ("text", "multi"):
            self._next()
            if first.kind == "text" and "\\" not in first.text:
                place = self.lines.location(first.start + 1, first.end - 1)
                passage = Passage(first.text[1:-1], place, ((0, place),))
        else:
            self._next()
            while self._peek().kind == "bare" or self._peek().text == ".":
                self._next()
        value = self.lines.location(first.start, self.tokens[self.at - 1].end)
        self.found[path] = Place(key or value, value, passage)

    def _items(self, path: Path) -> None:
        self._next()
        index = 0
        while self._peek().text != "]" and self._peek().kind != "end":
            if self._peek().kind == "newline" or self._peek().text == ",":
                self._next()
                continue
            self._value((*path, str(index)), None)
            index += 1
        self._next()

    def _inline(self, path: Path) -> None:
        self._next()
        while self._peek().text != "}" and self._peek().kind != "end":
            if self._peek().kind == "newline" or self._peek().text == ",":
                self._next()
                continue
            self._pair(path)
        self._next()


def _content(token: _Token) -> str:
    return token.text[1:-1] if token.kind == "text" else token.text
