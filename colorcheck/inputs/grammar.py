"""The parsers of `grammars/*.lark`, each built when it is first needed and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from colorcheck.files import resources

if TYPE_CHECKING:
    from lark import Lark, Token, Transformer
    from lark.lexer import TerminalDef

# A pattern that is not found in any text.
_NOTHING = "(?!x)x"


@cache
def parser(
    name: str,
    transformer: type[Transformer[Any, Any]] | None = None,
    *,
    start: str | tuple[str, ...] = "start",
    lexer: Literal["contextual", "basic"] = "contextual",
    without: tuple[str, ...] = (),
) -> Lark:
    """The LALR parser of the grammar `name` (without ending).

    With a `transformer`, its methods are called as the text is parsed, and parsing gives what the method of `start`
    gives; it must keep nothing from one call to the next. Without one, parsing gives lark's trees. The `basic` lexer
    finds the same tokens wherever it is, as the lexers of C programs do. Tokens named in `without` are never found.
    """
    from lark import Lark
    from lark.lexer import PatternRE

    made = transformer() if transformer else None
    ready = _from_tables(name, start, lexer, made, without)
    if ready is not None:
        return ready
    starts = start if isinstance(start, str) else list(start)
    text = resources.grammar(name)

    def edit(terminal: TerminalDef) -> None:
        if terminal.name in without:
            terminal.pattern = PatternRE(_NOTHING)

    return Lark(
        text, parser="lalr", lexer=lexer, start=starts, transformer=made, maybe_placeholders=True, edit_terminals=edit
    )


def tables_of(name: str, start: str | tuple[str, ...], lexer: str) -> dict[str, Any]:
    """The parser tables of a grammar as JSON, which lark takes long to compute."""
    import lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    starts = start if isinstance(start, str) else list(start)
    text = resources.grammar(name)
    made = lark.Lark(text, parser="lalr", lexer=lexer, start=starts, maybe_placeholders=True)
    data, memo = made.memo_serialize([TerminalDef, Rule])
    return {"for": _key(name, start, lexer), "data": data, "memo": memo}


def _key(name: str, start: str | tuple[str, ...], lexer: str) -> str:
    """The key of tables: lark's version, the grammar's text, and the options."""
    import lark

    digest = hashlib.sha256(resources.grammar(name).encode()).hexdigest()
    return f"lark {lark.__version__}, {digest}, {start}, {lexer}"


def _from_tables(
    name: str,
    start: str | tuple[str, ...],
    lexer: str,
    transformer: Transformer[Any, Any] | None,
    without: tuple[str, ...] = (),
) -> Lark | None:
    """The parser from the tables that were made beforehand; None if there are none for this very grammar."""
    from lark import Lark

    try:
        found = json.loads(resources.tables(name if lexer == "contextual" else f"{name}.{lexer}"))
        if found["for"] != _key(name, start, lexer):
            return None
        data, memo = found["data"], {int(number): each for number, each in found["memo"].items()}
        for each in memo.values():
            if each.get("name") in without and "pattern" in each:
                each["pattern"] |= {"value": _NOTHING, "_width": [1, 1]}
        table = data["parser"]["parser"]
        table["states"] = {int(state): actions for state, actions in table["states"].items()}
        load: Callable[..., Lark] = Lark._load_from_dict  # what lark's own generated parsers call
        return load(data, memo, transformer=transformer)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@cache
def _lexer(name: str) -> Lark:
    from lark import Lark

    ready = _from_tables(name, "start", "basic", None)  # only of grammars whose rules use every token
    return ready or Lark(resources.grammar(name), parser=None, lexer="basic")


def tokens(name: str, text: str) -> Iterator[Token]:
    """The tokens of a text, whatever the rules of the grammar `name` say about their order."""
    return _lexer(name).lex(text)


def span(token: Token) -> tuple[int, int]:
    """The offsets of a token's first character and of the one after its last."""
    start = token.start_pos or 0
    return start, start + len(token)
