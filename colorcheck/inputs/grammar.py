"""The parsers of `grammars/*.lark`, each built when it is first needed and kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from colorcheck.files import resources

if TYPE_CHECKING:
    from lark import Lark, Token, Transformer
    from lark.lexer import BasicLexer, TerminalDef

# A pattern that is not found in any text.
_NOTHING = "(?!x)x"
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What tables raise that are not there, or were made for another grammar or lark."""
_IMPORTED = re.compile(r"(?m)^%import \.(\w+)")


@cache
def parser(
    name: str,
    transformer: type[Transformer[Any, Any]] | None = None,
    *,
    start: str | tuple[str, ...] = "start",
    without: tuple[str, ...] = (),
) -> Lark:
    """The LALR parser of the grammar `name` (without ending).

    With a `transformer`, its methods are called as the text is parsed, and parsing gives what the method of `start`
    gives; it must keep nothing from one call to the next. Without one, parsing gives lark's trees. Tokens named in
    `without` are never found.
    """
    from lark.lexer import PatternRE

    made = transformer() if transformer else None
    ready = _from_tables(name, start, made, without)
    if ready is not None:
        return ready

    def edit(terminal: TerminalDef) -> None:
        if terminal.name in without:
            terminal.pattern = PatternRE(_NOTHING)

    return _built(name, parser="lalr", start=_starts(start), transformer=made, edit_terminals=edit)


def _built(name: str, **options: Any) -> Lark:
    """The parser made of the grammar's text, slowly."""
    from lark import Lark

    folder = str(resources.data_folder("grammars"))
    return Lark(resources.grammar(name), maybe_placeholders=True, import_paths=[folder], **options)


def _starts(start: str | tuple[str, ...]) -> str | list[str]:
    return start if isinstance(start, str) else list(start)


def tables_of(name: str, start: str | tuple[str, ...]) -> dict[str, Any]:
    """The parser tables of a grammar as JSON, which lark takes long to compute."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = _built(name, parser="lalr", start=_starts(start)).memo_serialize([TerminalDef, Rule])
    return {"for": _key(name, start), "data": data, "memo": memo}


def terminals_of(name: str) -> dict[str, Any]:
    """The tokens of a grammar as JSON, those that its rules do not use among them."""
    from lark.lexer import TerminalDef
    from lark.utils import SerializeMemoizer

    memo = SerializeMemoizer([TerminalDef])
    data = _built(name, parser=None, lexer="basic").lexer_conf.serialize(memo)
    return {"for": _key(name, _TOKENS), "data": data, "memo": memo.serialize()}


_TOKENS = "tokens"


def _key(name: str, start: str | tuple[str, ...]) -> str:
    """The key of tables: lark's version, the grammar's text and that of those it takes words from, and the start."""
    import lark

    text = resources.grammar(name)
    text += "".join(resources.grammar(other) for other in sorted(set(_IMPORTED.findall(text))))
    return f"lark {lark.__version__}, {resources.digest(text)}, {start}"


def _made_before(file: str, key: str) -> tuple[Any, dict[int, Any]]:
    """Data and memo of tables that were made beforehand. Raises one of `_UNUSABLE`."""
    found = json.loads(resources.tables(file))
    if found["for"] != key:
        raise ValueError(file)
    return found["data"], {int(number): each for number, each in found["memo"].items()}


def _from_tables(
    name: str, start: str | tuple[str, ...], transformer: Transformer[Any, Any] | None, without: tuple[str, ...] = ()
) -> Lark | None:
    """The parser from the tables that were made beforehand; None if there are none for this very grammar."""
    from lark import Lark

    try:
        data, memo = _made_before(name, _key(name, start))
        for each in memo.values():
            if each.get("name") in without and "pattern" in each:
                each["pattern"] |= {"value": _NOTHING, "_width": [1, 1]}
        table = data["parser"]["parser"]
        table["states"] = {int(state): actions for state, actions in table["states"].items()}
        load: Callable[..., Lark] = Lark._load_from_dict  # what lark's own generated parsers call
        return load(data, memo, transformer=transformer)
    except _UNUSABLE:
        return None


@cache
def _lexer(name: str) -> BasicLexer:
    from lark.common import LexerConf
    from lark.lexer import BasicLexer, TerminalDef
    from lark.utils import SerializeMemoizer

    try:
        data, memo = _made_before(f"{name}.{_TOKENS}", _key(name, _TOKENS))
        conf = LexerConf.deserialize(data, SerializeMemoizer.deserialize(memo, {"TerminalDef": TerminalDef}, {}))
        conf.re_module, conf.callbacks, conf.skip_validation = re, {}, True
    except _UNUSABLE:
        conf = _built(name, parser=None, lexer="basic").lexer_conf
    return BasicLexer(conf)


def tokens(name: str, text: str) -> Iterator[Token]:
    """The tokens of a text, whatever the rules of the grammar `name` say about their order: the same ones wherever
    they are, as the lexers of C programs find them.
    """
    from lark.lexer import LexerThread

    found: Iterator[Token] = LexerThread.from_text(_lexer(name), text).lex(None)  # type: ignore[no-untyped-call]
    return found


def span(token: Token) -> tuple[int, int]:
    """The offsets of a token's first character and of the one after its last."""
    start = token.start_pos or 0
    return start, start + len(token)
