"""The parsers of `grammars/*.lark`, each built when it is first needed and kept."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from colorcheck import resources

if TYPE_CHECKING:
    from lark import Lark, Transformer


@cache
def parser(name: str, transformer: type[Transformer[Any, Any]] | None = None, *, start: str = "start") -> Lark:
    """The LALR parser of the grammar `name` (without ending).

    With a `transformer`, its methods are called as the text is parsed, and parsing gives what the method of `start`
    gives; it must keep nothing from one call to the next. Without one, parsing gives lark's trees.
    """
    from lark import Lark

    made = transformer() if transformer else None
    return Lark(resources.grammar(name), parser="lalr", start=start, transformer=made, maybe_placeholders=True)
