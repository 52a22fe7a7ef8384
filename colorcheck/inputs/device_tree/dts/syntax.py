"""The syntax of a source: expressions are computed, but references are not resolved."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token, Transformer, v_args
from msgspec import Struct, field

from colorcheck.core.pattern import pattern
from colorcheck.inputs.device_tree.dts import integers
from colorcheck.inputs.device_tree.dts.integers import Integer
from colorcheck.inputs.device_tree.dts.patterns import COMMENT, GAP, STRING

_MARK = pattern(r"([^/: \t\r\n]+:)|/omit-if-no-ref/")
_EXTENSION = pattern(
    rf"(?:{GAP})*+(&[a-zA-Z0-9_]++)[ \t\r\n]*+\{{((?:{STRING}|{COMMENT}|[^}}\"/]++|/)*+)\}}[ \t\r\n]*+;[ \t\r\n]*+",
    re.DOTALL,
)


class CellArray(Struct):
    """`<…>`, with the width of its elements in bits as it was written (32 where it was not)."""

    bits: Integer | None
    elements: list[Integer | Token]
    start: int
    end: int


class Bytes(Struct):
    """`[…]`: pairs of digits, and labels."""

    elements: list[Token]
    start: int
    end: int


class Path(Struct):
    """`&label` outside of cells: the path of the node, as a string."""

    reference: Token
    start: int
    end: int


class Incbin(Struct):
    """`/incbin/("file", offset, length)`."""

    name: Token
    offset: Integer | None
    length: Integer | None
    start: int
    end: int


class Text(Struct):
    """A string literal with its quotes."""

    token: Token
    start: int
    end: int


Piece = CellArray | Bytes | Path | Incbin | Text


class PropertySyntax(Struct):
    marks: list[Token]
    name: Token
    value: list[Piece | Token]
    start: int = 0
    end: int = 0


class NodeSyntax(Struct):
    marks: list[Token]
    name: Token
    body: Body


class Deletion(Struct):
    """`/delete-node/` or `/delete-property/`, in a body by name, at top level by reference."""

    marks: list[Token]
    keyword: Token
    target: Token


class Body(Struct):
    """What is in the braces of a node, the first of them at `start`; rows are still text."""

    items: list[Token | PropertySyntax | NodeSyntax | Deletion]
    start: int


class Definition(Struct):
    """`/ {…};` or `&label {…};` (then with `reference`), the latter with a label before it or not."""

    reference: Token | None
    body: Body
    label: Token | None = None


class Omission(Struct):
    target: Token


Statement = Definition | Deletion | Omission


class Source(Struct):
    plugin: bool
    headers_differ: bool
    reservations: list[tuple[list[Token], Integer, Integer]] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


def start_of(token: Token) -> int:
    return token.start_pos or 0


def end_of(token: Token) -> int:
    return token.end_pos or 0


@v_args(inline=True)
class SyntaxBuilder(Transformer[Token, Source]):
    """Called by the parser at each reduction, so that no depth of nesting needs recursion."""

    def source(self, *items: object) -> Source:
        headers = [item for item in items if isinstance(item, bool)]
        source = Source(headers[0], len(set(headers)) > 1)
        for item in items:
            if isinstance(item, tuple):
                source.reservations.append(item)
            elif isinstance(item, list):
                source.statements += item
            elif isinstance(item, (Definition, Deletion, Omission)):
                source.statements.append(item)
        return source

    def header(self, plugin: Token | None) -> bool:
        return plugin is not None

    def reservation(self, *items: Token | Integer) -> tuple[list[Token], Integer, Integer]:
        address, size = (item for item in items if isinstance(item, Integer))
        labels = [item for item in items if isinstance(item, Token) and item.type == "LABEL"]
        return labels, address, size

    def root(self, _slash: Token, body: Body) -> Definition:
        return Definition(None, body)

    def extension(self, reference: Token, body: Body) -> Definition:
        return Definition(reference, body)

    def labelled(self, label: Token, reference: Token, body: Body) -> Definition:
        return Definition(reference, body, label)

    @v_args(inline=False)
    def headed_extension(self, items: list[Token]) -> Definition:
        head, *inside, _ = items
        target, body = _head(head, inside)
        return Definition(None if target == "/" else target, body)

    @v_args(inline=False)
    def headed_labelled(self, items: list[Token]) -> Definition:
        label, head, *inside, _ = items
        reference, body = _head(head, inside)
        return Definition(reference, body, label)

    def extensions(self, row: Token) -> list[Definition]:
        start = start_of(row)
        return [_extension(found, start) for found in _EXTENSION.finditer(row)]

    def deletion(self, keyword: Token, target: Token) -> Deletion:
        return Deletion([], keyword, target)

    def omission(self, _keyword: Token, target: Token) -> Omission:
        return Omission(target)

    @v_args(inline=False)
    def body(self, items: list[Token]) -> Body:
        return Body(items[1:-1], start_of(items[0]))  # type: ignore[arg-type]

    def property(self, *items: Token | list[Piece | Token] | None) -> PropertySyntax:
        *marks, name, value, semicolon = items
        pieces = value if isinstance(value, list) else []
        return PropertySyntax(_tokens(marks), _token(name), pieces, start_of(_token(name)), end_of(_token(semicolon)))

    def node(self, *items: Token | Body) -> NodeSyntax:
        *marks, name, body = items
        assert isinstance(body, Body)  # noqa: S101
        return NodeSyntax(_tokens(marks), _token(name), body)

    @v_args(inline=False)
    def headed(self, items: list[Token]) -> NodeSyntax:
        at = next(index for index, item in enumerate(items) if item.type == "HEAD")
        name, body = _head(items[at], items[at + 1 : -1])
        marks = items[:at]
        if ":" in name or "/" in name:
            start = last = start_of(name)
            for each in _MARK.finditer(name):
                last = start + each.end()
                marks.append(Token("LABEL" if each[1] else "OMIT", each[0], start + each.start(), end_pos=last))
            plain = name[last - start :].lstrip(" \t\r\n")
            name = Token("NAME", plain, start + len(name) - len(plain), end_pos=name.end_pos)
        return NodeSyntax(marks, name, body)

    def node_deletion(self, *items: Token) -> Deletion:
        return Deletion(list(items[:-2]), items[-2], items[-1])

    property_deletion = node_deletion

    @v_args(inline=False)
    def value(self, items: list[Piece | Token]) -> list[Piece | Token]:
        return items

    def lone_value(self, value: list[Piece | Token], _end: Token) -> list[Piece | Token]:
        return value

    def string(self, token: Token) -> Text:
        return Text(token, start_of(token), end_of(token))

    def path(self, token: Token) -> Path:
        return Path(token, start_of(token), end_of(token))

    def cells(self, bits: Token | None, width: Token | None, *items: Token | Integer) -> CellArray:
        first, *elements, last = items
        start = start_of(bits if bits is not None else _token(first))
        number = None if width is None else integers.literal(width, start_of(width))
        return CellArray(number, elements, start, end_of(_token(last)))

    def bytes(self, *items: Token) -> Bytes:
        return Bytes(list(items[1:-1]), start_of(items[0]), end_of(items[-1]))

    def file(self, *items: Token | Integer | None) -> Incbin:
        keyword, name, offset, length, close = items
        return Incbin(
            _token(name),
            offset if isinstance(offset, Integer) else None,
            length if isinstance(length, Integer) else None,
            start_of(_token(keyword)),
            end_of(_token(close)),
        )

    def number(self, token: Token) -> Integer:
        return integers.literal(token, start_of(token))

    def character(self, token: Token) -> Integer:
        return integers.character(token, start_of(token))

    def group(self, first: Token, inner: Integer, last: Token) -> Integer:
        return Integer(inner.value, start_of(first), end_of(last), inner.faults)

    def choice(self, condition: Integer, yes: Integer, no: Integer) -> Integer:
        return integers.choice(condition, yes, no)

    @v_args(inline=False)
    def operation(self, items: list[Integer | Token]) -> Integer:
        return integers.operation(items)


def _extension(found: re.Match[str], start: int) -> Definition:
    """`&label {…};` of a row of such that begins at `start`."""
    first, last = found.span(1)
    inside, end = found.span(2)
    reference = Token("REFERENCE", found[1], start + first, end_pos=start + last)
    row = Token("ROW", found[2], start + inside, end_pos=start + end)
    return Definition(reference, Body([row], start + inside - 1))


def _head(head: Token, inside: list[Token]) -> tuple[Token, Body]:
    """The name or reference before a brace that is one word with it, and the body."""
    text = head[: head.rindex("{")]
    start, name = start_of(head), text.rstrip(" \t\r\n")
    body = Body(inside, start + len(text))  # type: ignore[arg-type]
    return Token("NAME", name, start, end_pos=start + len(name)), body


def _token(item: object) -> Token:
    assert isinstance(item, Token)  # noqa: S101
    return item


def _tokens(items: Sequence[object]) -> list[Token]:
    return [_token(item) for item in items]
