"""From a script's text to lists of commands, through `grammars/u_boot.lark`."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.pattern import pattern
from colorcheck.inputs.grammar import parser

if TYPE_CHECKING:
    from lark import Lark


class Then(Enum):
    """The operator after a step, which decides when the next one runs."""

    ALWAYS = ";"
    IF_TRUE = "&&"
    IF_FALSE = "||"


class SimpleCommand(Struct, frozen=True):
    """A simple command: the words as written, with the offsets at which they begin."""

    words: tuple[tuple[int, str], ...]

    @property
    def start(self) -> int:
        return self.words[0][0]

    @property
    def end(self) -> int:
        begin, text = self.words[-1]
        return begin + len(text)


class Conditional(Struct, frozen=True):
    """`if`: conditions with what they lead to, and what is done if none holds."""

    ways: tuple[tuple[Body, Body], ...]
    otherwise: Body | None


class Loop(Struct, frozen=True):
    """`while`, or `until` where `negated`."""

    condition: Body
    body: Body
    negated: bool


class Each(Struct, frozen=True):
    """`for`."""

    name: tuple[int, str]
    words: tuple[tuple[int, str], ...]
    body: Body


Element = SimpleCommand | Conditional | Loop | Each
Body = tuple[tuple[Element | None, Then], ...]
_MOST_STRAYS = 16
_STRAY = pattern(r"(?:then|elif|else|fi|in|do|done)(?=[;&|])")
_THEN = {"AND": Then.IF_TRUE, "OR": Then.IF_FALSE}


class ShellScript(Struct, frozen=True):
    """The lists of a text, one per line or compound; `error` is the offset at which reading stops, if it does.

    At `strays` are words of the language where none may, right in front of an operator: U-Boot calls each a syntax
    error and goes on behind it.
    """

    lists: tuple[Body, ...]
    error: int | None = None
    strays: tuple[int, ...] = ()


def read_script(text: str) -> ShellScript:
    """A text as `source` reads it: complete commands before a syntax error are run."""
    return _script(text, whole=False)


def read_exactly(text: str) -> ShellScript:
    """A text as a shell reads it to which every word of the language in a wrong place is the end."""
    return _parsed(text, whole=False)


def read_macro(text: str) -> ShellScript:
    """A text as `run` reads it: all of it is one list, so that with a syntax error nothing of it is run."""
    return _script(text, whole=True)


@cache
def _words() -> re.Pattern[str]:
    """The shape of a word, as the grammar has it."""
    return re.compile(next(t.pattern.value for t in _grammar().terminals if t.name == "WORD"))


@cache
def _grammar() -> Lark:
    return parser("u_boot", start=("start", "body"))


def _script(text: str, *, whole: bool) -> ShellScript:
    strays: list[int] = []
    found = _parsed(text, whole=whole)
    while found.error is not None and len(strays) < _MOST_STRAYS and (word := _STRAY.match(text, found.error)):
        strays.append(found.error)
        text = f"{text[: word.start()]}{' ' * len(word[0])}{text[word.end() :]}"
        found = _parsed(text, whole=whole)
    return replace(found, strays=tuple(strays))


def _parsed(text: str, *, whole: bool) -> ShellScript:
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput

    steps = _grammar().parse_interactive(text, start="body" if whole else "start")
    try:
        steps.exhaust_lexer()
        found: list[Any] = [steps.feed_eof()]  # type: ignore[no-untyped-call]
    except UnexpectedInput as error:
        if whole:
            return ShellScript((), _position(error, text))
        at = error.pos_in_stream if isinstance(error, UnexpectedCharacters) else _position(error, text)
        return ShellScript(_lists(steps.parser_state.value_stack), at)
    if whole:
        return ShellScript((_body(found[0].children),))
    return ShellScript(_lists(found))


def _position(error: Any, text: str) -> int:
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return len(text)
    place = getattr(error, "pos_in_stream", None)
    return len(text) if place is None else int(place)


def _lists(found: list[Any]) -> tuple[Body, ...]:
    lists: list[Body] = []
    stack = list(reversed(found))
    while stack:
        node = stack.pop()
        if getattr(node, "data", None) == "line":
            lists.append(_body(node.children))
        elif getattr(node, "data", None) in ("start", "_lines"):
            stack += reversed(node.children)
    return tuple(lists)


def _body(children: list[Any]) -> Body:
    steps: list[tuple[Element | None, Then]] = []
    waiting: Element | None = None
    for child in children:
        kind = getattr(child, "type", None)
        if kind is None:
            waiting = _element(child)
            continue
        then = _THEN.get(kind, Then.ALWAYS)
        if waiting is not None or then is not Then.ALWAYS or (steps and steps[-1][1] is not Then.ALWAYS):
            steps.append((waiting, then))
        waiting = None
    if waiting is not None:
        steps.append((waiting, Then.ALWAYS))
    return tuple(steps)


def _word(token: Any) -> tuple[int, str]:
    return token.start_pos or 0, str(token)


def _element(tree: Any) -> Element:
    children = [
        child for child in tree.children if getattr(child, "type", "") not in ("SEMICOLON", "NEWLINE", "AND", "OR")
    ]
    if tree.data == "command":
        start, text = _word(children[0])
        return SimpleCommand(tuple((start + match.start(), match[0]) for match in _words().finditer(text)))
    if tree.data == "loop":
        negated = children[0].type == "UNTIL"
        return Loop(_body(children[1].children), _body(children[2].children), negated)
    if tree.data == "each":
        if len(children) == 2:  # `for in a b`: without a variable, and nothing is done
            return Each(_word(children[0].children[0]) if children[0].children else (0, ""), (), ())
        words = tuple(_word(token) for token in children[1].children)
        return Each(_word(children[0]), words, _body(children[2].children))
    otherwise = None
    if children and children[-1].data == "else":
        otherwise = _body(children[-1].children[0].children)
        children = children[:-1]
    bodies = [_body(child.children) for child in children]
    return Conditional(tuple(zip(bodies[::2], bodies[1::2], strict=True)), otherwise)
