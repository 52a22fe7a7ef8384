"""The reader of xl files, with the error recovery of xl's own (`tools/libs/util/libxlu_cfg*`, Xen 4.22).

xl's reader is made by flex and bison. After an error it drops tokens up to the next newline, and stays silent about
further errors until three tokens in a row have been taken; lexical errors are reported always, except behind another
one on the same line, and the text in question is left out. An error after a complete value ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from colorcheck.core.source import Lines, Location, Passage, concatenated
from colorcheck.inputs.grammar import parser, span, tokens
from colorcheck.inputs.xl.xl_strings import BadEscapeError, unquote
from colorcheck.inputs.xl.xl_values import XlError, XlFile, XlList, XlSetting, XlValue, in_bytes

if TYPE_CHECKING:
    from lark import Token
    from lark.parsers.lalr_interactive_parser import InteractiveParser

__all__ = ["XlFile", "XlList", "XlSetting", "XlValue", "read_xl"]

_PYTHON_LOOKS = "+,-.():"
_SILENT_TOKENS = 3
_MOST_PIECES = 256  # of a string put together with +=, whose characters have their places
_DEEPEST_LIST = 4996  # what bison's stack of 10,000 holds of lists in lists

_NAMES = {
    "NAME": "IDENT",
    "SET": "'='",
    "ADD": "+=",
    "OPEN": "'['",
    "CLOSE": "']'",
    "COMMA": "','",
    "SEMICOLON": "';'",
    "$END": "$end",
}


class _At(Enum):
    """The state of the reader, with the tokens that bison's tables list as expected."""

    START = "$end or IDENT or NEWLINE or ';'"
    NAME = "+= or '='"
    OPERATOR = "STRING or NUMBER or '['"
    LIST = "']'"
    END = "$end"


def read_xl(text: str, file: str = "guest.cfg") -> XlFile:
    """The content of a file as xl's reader sees it. Never raises for any text."""
    reader = _Reader(file, text)
    reader.read()
    settings = tuple(reader.settings)
    return XlFile(file, settings, tuple(reader.errors), reader.looks_like_python)


def _unexpected_token() -> type[Exception]:
    from lark.exceptions import UnexpectedToken

    return UnexpectedToken


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.settings: list[XlSetting] = []
        self.errors: list[XlError] = []
        self.looks_like_python = False
        self._lexical_error_line = -1
        self._silence = 0  # tokens to take before syntax errors are reported again
        self._last_line = 1
        self._lark = parser("xl")
        self._unexpected = _unexpected_token()
        self._begin()

    def _begin(self) -> None:
        """Reset the state to the start of a statement."""
        self._machine: InteractiveParser = self._lark.parse_interactive()
        self._at = _At.START
        self._open: list[tuple[Token, list[XlValue]]] = []

    def read(self) -> None:
        tokens = self._tokens()
        for token in tokens:
            if not self._take(token) and not self._recover(token, tokens):
                return
        if self._at not in (_At.START, _At.END):
            end = Lines(self.file, self.text).location(len(self.text), len(self.text))
            self._syntax_error("$END", "", self._last_line, end)

    def _tokens(self) -> Iterator[Token]:
        """The tokens for xl's parser; lexical errors are omitted and reported."""
        for token in tokens("xl", self.text):
            if token.type == "LEXICAL_ERROR":
                self._lexical_error(token)
                continue
            if token.type == "STRING":
                self._unquote(token)
            self._last_line = token.line or 0
            yield token

    def _take(self, token: Token) -> bool:
        """Pass a token to the grammar; False, with an error reported, if it does not fit."""
        if len(self._open) >= _DEEPEST_LIST and token.type == "OPEN":
            self._at = _At.END
            self._report(token.line or 0, str(token), "memory exhausted", self._location(token))
            return False
        try:
            self._machine.feed_token(token)
        except self._unexpected:
            self._syntax_error(token.type, str(token), token.line or 0, self._location(token))
            return False
        if self._silence:
            self._silence -= 1
        self._follow(token)
        return True

    def _recover(self, token: Token, tokens: Iterator[Token]) -> bool:
        """Drop tokens up to a newline; False if there is nothing more to read."""
        if self._at is _At.END:
            return False  # bison has nothing left on its stack to recover with
        while token.type != "NEWLINE":
            following = next(tokens, None)
            if following is None:
                self._at = _At.START
                return False
            token = following
        self._begin()
        self._silence = _SILENT_TOKENS - 1
        return True

    def _follow(self, token: Token) -> None:
        """Keep track of the reader's position, and of the values."""
        match token.type:
            case "NAME":
                self._name, self._at = token, _At.NAME
            case "SET" | "ADD":
                self._operator, self._at = token, _At.OPERATOR
            case "OPEN":
                self._open.append((token, []))
                self._at = _At.LIST
            case "CLOSE":
                opening, items = self._open.pop()
                self._value(XlList(tuple(items), self._location(opening).until(self._location(token))), opening, token)
            case "NUMBER" | "STRING":
                self._value(self._atom(token), token, token)
            case "NEWLINE" | "SEMICOLON" if not self._open:
                self._at = _At.START

    def _value(self, value: XlValue, first: Token, last: Token) -> None:
        if self._open:
            self._open[-1][1].append(value)
        else:
            self._at = _At.END
            self._store(value, first, last)

    def _atom(self, token: Token) -> Passage:
        if token.type == "STRING":
            return self._string
        location = self._location(token)
        return Passage(str(token), location, ((0, location),))

    def _unquote(self, token: Token) -> None:
        """Unquote a string as soon as it is read, wherever it is, but not after the first error."""
        location = self._location(token)
        self._string = Passage("", location)
        if not self.errors:
            try:
                self._string = unquote(str(token), location)
            except BadEscapeError as error:
                self._report_inside(token, error.message)

    def _store(self, value: XlValue, first: Token, last: Token) -> None:
        if self.errors:
            return
        name, operator = str(self._name), str(self._operator)
        if operator == "+=":
            joined = self._add(name, value)
            if joined is None:
                self._report_inside(last, 'can\'t add [list] to "string" or vice versa')
                return
            value = joined
        line = first.line or 0
        self.settings.append(XlSetting(name, operator, line, value, self._location(self._name)))

    def _add(self, name: str, value: XlValue) -> XlValue | None:
        """The value appended to that of the last setting of this name; None if they are of different kinds."""
        found = next((i for i in reversed(range(len(self.settings))) if self.settings[i].name == name), None)
        if found is None:
            return value
        previous = self.settings[found]
        if isinstance(value, Passage) and isinstance(previous.written, Passage):
            if len(previous.written.pieces) >= _MOST_PIECES:
                return Passage(previous.written.text + value.text, value.whole)
            return concatenated((previous.written, value), value.whole)
        if isinstance(value, XlList) and isinstance(previous.written, XlList):
            emptied = XlList((), previous.written.location)
            self.settings[found] = XlSetting(
                previous.name, previous.operator, previous.line, emptied, previous.name_location
            )
            return XlList(previous.written.items + value.items, value.location)
        return None

    def _lexical_error(self, token: Token) -> None:
        text, line = str(token), token.line or 0
        end = span(token)[1]
        self.looks_like_python |= text[0] in _PYTHON_LOOKS
        if len(in_bytes(text)) == 1:
            # flex looks for the rest of the text: at the end of the file it gives up, and a newline it takes along
            if end == len(self.text):
                return
            if self.text[end] == "\n":
                text, line = text + "\n", line + 1
        self._report(line, text, "lexical error", self._location(token))
        self._lexical_error_line = line

    def _syntax_error(self, kind: str, text: str, line: int, location: Location) -> None:
        if not self._silence:
            message = f"syntax error, unexpected {_NAMES.get(kind, kind)}, expecting {self._at.value}"
            self._report(line, text, message, location)

    def _report_inside(self, token: Token, message: str) -> None:
        line = token.line or 0
        self._report(line, str(token), message, self._location(token))
        self._lexical_error_line = line

    def _report(self, line: int, text: str, message: str, location: Location) -> None:
        if line <= self._lexical_error_line:
            return
        if text.endswith("\n"):
            text, line = text[:-1] or "<newline>", line - 1
        name = str(self._name) if self._at is _At.NAME else ""
        self.errors.append(XlError(line, text.rstrip(" \t"), message, location, name))

    def _location(self, token: Token) -> Location:
        return Location(self.file, token.line or 0, token.column or 0, token.end_line or 0, token.end_column or 0)
