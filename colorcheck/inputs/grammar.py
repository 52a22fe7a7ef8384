"""The parsers of `grammars/*.lark`, each built when it is first needed and kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from colorcheck.files import resources

if TYPE_CHECKING:
    from lark import Lark, Token, Transformer


@cache
def parser(
    name: str,
    transformer: type[Transformer[Any, Any]] | None = None,
    *,
    start: str | tuple[str, ...] = "start",
    lexer: Literal["contextual", "basic"] = "contextual",
) -> Lark:
    """The LALR parser of the grammar `name` (without ending).

    With a `transformer`, its methods are called as the text is parsed, and parsing gives what the method of `start`
    gives; it must keep nothing from one call to the next. Without one, parsing gives lark's trees. The `basic` lexer
    finds the same tokens wherever it stands, as the lexers of C programs do.
    """
    from lark import Lark

    return Lark(
        resources.grammar(name),
        parser="lalr",
        lexer=lexer,
        start=start if isinstance(start, str) else list(start),
        transformer=transformer() if transformer else None,
        maybe_placeholders=True,
    )


@cache
def _lexer(name: str) -> Lark:
    from lark import Lark

    return Lark(resources.grammar(name), parser=None, lexer="basic")


def tokens(name: str, text: str) -> Iterator[Token]:
    """The tokens of a text, whatever the rules of the grammar `name` say about their order."""
    return _lexer(name).lex(text)


def span(token: Token) -> tuple[int, int]:
    """The offsets of a token's first character and of the one behind its last."""
    start = token.start_pos or 0
    return start, start + len(token)
