"""Values of properties in rows that can be read without the grammar: most of those that people write."""

from __future__ import annotations

import re
from enum import StrEnum

from colorcheck.inputs.device_tree.dts import integers

_PIECE = re.compile(
    r'[ \t\r\n]*+(?:"([^"\\]*+)"|(?:/bits/[ \t\r\n]++(8|16|64)[ \t\r\n]*+)?<([^<>"\[\]]*+)>|&([a-zA-Z_][a-zA-Z0-9_]*+)'
    r"|\[([0-9a-fA-F \t\r\n]*+)\])[ \t\r\n]*+(?:,(?=.)|\Z)",
    re.DOTALL,
)
_REFERENCE = re.compile(r"&[a-zA-Z_][a-zA-Z0-9_]*+")
_COMMENT = re.compile(r'("[^"]*+")|/\*[^*]*+\*++(?:[^*/][^*]*+\*++)*+/|//[^\n]*+\n')
_INNERMOST = re.compile(r"\(([^()]*+)\)")
_DEEPEST = 32
_KEPT = b"\xff\xff\xff\xff"
_MOST = 0xFFFFFFFF


class MarkerKind(StrEnum):
    """The kinds of markers."""

    LABEL = "label"
    PHANDLE = "phandle"
    PATH = "path"


Found = tuple[bytes | None, list[tuple[MarkerKind, str, int]]]
_UNKNOWN: Found = (None, [])


class _Words(dict[str, bytes]):
    """The cell of each word; the same few come again and again. For a reference there is none yet."""

    def __missing__(self, word: str) -> bytes:
        if _REFERENCE.fullmatch(word):
            cell = _KEPT
        else:
            value = integers.value_of(word)
            if value > _MOST and value | _MOST != integers.MASK:
                raise ValueError(word)
            cell = (value & _MOST).to_bytes(4, "big")
        self[word] = cell
        return cell


class _Expressions(dict[str, str]):
    """What is between innermost parentheses, and its value, as a word of its own."""

    def __missing__(self, text: str) -> str:
        found = self[text] = f" {integers.value_of(text)} "
        return found


class PlainValues:
    """Reads values, or says that it takes the grammar to do so: with (None, ...). It accepts nothing that is wrong."""

    def __init__(self) -> None:
        self._words = _Words()
        self._expressions = _Expressions()

    def cells(self, text: str) -> Found:
        """The bytes of an array of 32-bit cells, by what is between its brackets, without signs and parentheses."""
        words = self._words
        try:
            data = b"".join([words[word] for word in text.split()])
        except (ValueError, KeyError, OverflowError):
            return _UNKNOWN
        return data, _references(text, 0) if "&" in text else []

    def value(self, text: str) -> Found:
        """The bytes of a whole value, and the references in them."""
        if "/" in text:
            text = _COMMENT.sub(lambda found: found[1] or " ", text)
        try:
            if "(" in text:
                text = self._computed(text)
            return self._pieces(text)
        except (ValueError, KeyError, OverflowError):  # also text that is not ASCII
            return _UNKNOWN

    def _computed(self, text: str) -> str:
        """The text with numbers in place of expressions."""
        if '"' in text:
            raise ValueError(text)
        expressions = self._expressions
        for _ in range(_DEEPEST):
            text = _INNERMOST.sub(lambda found: expressions[found[1]], text)
            if "(" not in text:
                return text
        raise ValueError(text)

    def _pieces(self, text: str) -> Found:
        words = self._words
        data = b""
        found: list[tuple[MarkerKind, str, int]] = []
        position = 0
        while position < len(text):
            piece = _PIECE.match(text, position)
            if piece is None:
                return _UNKNOWN
            position = piece.end()
            string, bits, cells, path, octets = piece.groups()
            if bits is not None:
                size = int(bits) // 8
                data += b"".join([integers.value_of(word).to_bytes(size, "big") for word in cells.split()])
            elif cells is not None:
                if "&" in cells:
                    found += _references(cells, len(data))
                data += b"".join([words[word] for word in cells.split()])
            elif string is not None:
                data += string.encode("ascii") + b"\0"
            elif path is not None:
                found.append((MarkerKind.PATH, path, len(data)))
            else:
                data += bytes.fromhex(octets)
        return data, found


def _references(cells: str, offset: int) -> list[tuple[MarkerKind, str, int]]:
    """The references among cells that begin at `offset` of the value."""
    return [
        (MarkerKind.PHANDLE, word[1:], offset + 4 * index)
        for index, word in enumerate(cells.split())
        if word[0] == "&"
    ]
