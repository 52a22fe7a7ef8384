"""Parses a text with the grammar, and describes syntax errors in words."""

from __future__ import annotations

from collections.abc import Iterable

from lark import Lark, Token, UnexpectedInput, UnexpectedToken

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.inputs.device_tree.dts.syntax import Piece, Source, SyntaxBuilder
from colorcheck.inputs.device_tree.dts.text import BOUNDARY, SourceText, as_read
from colorcheck.inputs.grammar import parser

_NAMES = {
    "SLASH": "/",
    "END": ";",
    "SEMICOLON": ";",
    "COMMA": ",",
    "EQUAL": "=",
    "OPEN": "{",
    "CLOSE": "}",
    "LESS": "<",
    "GREATER": ">",
    "BYTES_OPEN": "[",
    "BYTES_CLOSE": "]",
    "OPENING": "(",
    "CLOSING": ")",
    "COLON": ":",
    "QMARK": "?",
    "NAME": "a name",
    "ROW": "a property",
    "LABEL": "a label",
    "REFERENCE": "a reference",
    "NUMBER": "a number",
    "CHARACTER": "a character literal",
    "STRING": "a string",
    "BYTE": "two hexadecimal digits",
    "MEMRESERVE": "/memreserve/",
    "DELETE_NODE": "/delete-node/",
    "DELETE_PROPERTY": "/delete-property/",
    "OMIT": "/omit-if-no-ref/",
    "BITS": "/bits/",
    "INCBIN": "/incbin/",
    "PLUGIN": "/plugin/",
    "$END": "the end of the file",
}
_END_FOR_DTC = pattern(r"[^\x01-\x7f\udc01]")
_CONFLICT = pattern(rf"(?<![^\n{BOUNDARY}])(?:<{{7}}|={{7}}|>{{7}}|\|{{7}})(?=[ \n]|\Z)")
# The words that take several at once; without them each word is its own, and errors are found where they are.
_LONG_WORDS = ("ROW", "HEAD", "TOP_ROW", "TOP_HEAD", "_VERSION")
# Compiling the pattern of TOP_ROW takes longer than it saves in a text of fewer characters than this.
_SMALL = 20_000
_BYTE_ORDER_MARKS = ("\ufeff", "\udcff\udcfe", "\udcfe\udcff")
_WORD = pattern(r"[a-zA-Z0-9,._+*#?@$/&-]{1,40}|[^ \t\n]")


def parse_rows(text: str) -> Source:
    """The syntax, if it is right as far as this goes: values in rows are still to be read. Else `UnexpectedInput`."""
    without = ("TOP_ROW",) if len(text) < _SMALL else ()
    try:
        return _source(parser("device_tree_rows", SyntaxBuilder, start="source", without=without), text)
    except UnexpectedInput:
        return _source(_parser(without), text)


def parse_value(text: str) -> list[Piece | Token]:
    """The value of a property; `UnexpectedInput` if something is wrong with it."""
    found: object = _parser(("TOP_ROW",)).parse(f"{text}\n;", start="lone_value")
    assert isinstance(found, list)  # noqa: S101
    return found


def parse(source: SourceText, problems: list[Problem]) -> tuple[Source | None, list[Problem]]:
    """The syntax, read word by word, and warnings about it; without syntax, `problems` has grown."""
    try:
        return _source(_parser(_LONG_WORDS), source.text), []
    except UnexpectedInput as error:
        stop = _position(source.text, error)
        found = error
    if _END_FOR_DTC.match(source.text, stop):
        # dtc takes a NUL or a byte outside of ASCII between words for the end of its input.
        try:
            what = f"dtc stops reading at this character ({source.text[stop]!a})"
            warning = Problem(ProblemKind.UNREAD_REST, what, source.location(stop, stop + 1), "remove it")
            return _source(_parser(_LONG_WORDS), source.text[:stop]), [warning]
        except UnexpectedInput:
            pass
    problems.append(_problem(source, stop, found))
    return None, []


def _parser(without: tuple[str, ...]) -> Lark:
    return parser("device_tree", SyntaxBuilder, start=("source", "lone_value"), without=without)


def _source(with_parser: Lark, text: str) -> Source:
    found: object = with_parser.parse(text, start="source")
    assert isinstance(found, Source)  # noqa: S101
    return found


def _position(text: str, error: UnexpectedInput) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text.rstrip(BOUNDARY + " \t\n\r\f\v"))
    return min(error.pos_in_stream or 0, len(text))


def _problem(source: SourceText, stop: int, error: UnexpectedInput) -> Problem:
    text = source.text
    parser = getattr(error, "interactive_parser", None)
    expected = parser.accepts() if parser is not None else getattr(error, "allowed", None)
    if expected is None and isinstance(error, UnexpectedToken):
        expected = error.expected
    if (mark := _CONFLICT.match(text, stop)) is not None:
        what = "an unresolved merge conflict begins here" if mark[0].startswith("<") else "a line of a merge conflict"
        advice = "keep one side, and delete the lines <<<<<<<, ======= and >>>>>>>"
        return Problem(ProblemKind.SYNTAX, what, source.location(stop, mark.end()), advice)
    word = _WORD.match(text, stop)
    end = word.end() if word else stop
    found = f"'{text[stop:end]}'" if word and text[stop:end].isprintable() else _unprintable(text, stop)
    return Problem(
        ProblemKind.SYNTAX, f"syntax error: found {found}", source.location(stop, end), _advice(text, stop, expected)
    )


def _unprintable(text: str, stop: int) -> str:
    if stop >= len(text):
        return "the end of the file"
    found = as_read(text[stop])
    if found == "\0":
        return "a byte of value 0"
    if "\udc80" <= found <= "\udcff":  # how a byte that is not UTF-8 is kept
        return f"the byte {ord(found) - 0xDC00:#04x}, which is not UTF-8 text"
    return "a byte order mark" if found == "\ufeff" else f"the character {found!a}"


def _advice(text: str, stop: int, expected: Iterable[str] | None) -> str:
    if text.startswith(_BYTE_ORDER_MARKS):
        return "save the file as UTF-8 without a byte order mark"
    if text.startswith('"', stop):
        return "close the string with a quotation mark"
    if text.startswith("/*", stop):
        return "close the comment with */"
    if text.startswith("//", stop):
        return "end the file with a new line"
    words = sorted({_NAMES[name] for name in expected or () if name in _NAMES})
    return "expected " + " or ".join(words) if words else ""
