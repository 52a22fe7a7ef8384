"""Values of properties in rows that can be read without the grammar: most of those that people write."""

from __future__ import annotations

import re
from enum import StrEnum

from colorcheck.core.pattern import pattern
from colorcheck.inputs.device_tree.dts import integers
from colorcheck.inputs.device_tree.dts.patterns import COMMENT

_PIECE = re.compile(
    r'[ \t\r\n]*+(?:"([^"\\]*+)"|(?:/bits/[ \t\r\n]++(8|16|64)[ \t\r\n]*+)?<([^<>"\[\]]*+)>|&([a-zA-Z_][a-zA-Z0-9_]*+)'
    r"|\[([0-9a-fA-F \t\r\n]*+)\])[ \t\r\n]*+(?:,(?=.)|\Z)",
    re.DOTALL,
)
_REFERENCE = re.compile(r"&[a-zA-Z_][a-zA-Z0-9_]*+")
_COMMENT = pattern(rf'("[^"]*+")|{COMMENT}')
_INNERMOST = pattern(r"\(([^()]*+)\)")
_DEEPEST = 32
_KEPT = b"\xff\xff\xff\xff"
_MOST = 0xFFFFFFFF


class MarkerKind(StrEnum):
    """The kinds of markers."""

    LABEL = "label"
    PHANDLE = "phandle"
    PATH = "path"


# A reference: its kind, its target, its offset in the value, and its number among references and cells.
Reference = tuple[MarkerKind, str, int, int]
Found = tuple[bytes | None, list[Reference]]
_UNKNOWN: Found = (None, [])


class _Words(dict[str, bytes]):
    """The cell of each word; the same few come again and again. For a reference there is none yet."""

    def __missing__(self, word: str) -> bytes:
        if integers.SHORT.fullmatch(word):
            cell = int(word, 0).to_bytes(4, "big")
        elif _REFERENCE.fullmatch(word):
            cell = _KEPT
        else:
            value = integers.number_of(word)
            if value > _MOST and value | _MOST != integers.MASK:
                raise ValueError(word)
            cell = (value & _MOST).to_bytes(4, "big")
        self[word] = cell
        return cell


class _Arrays(dict[str, bytes]):
    """The bytes of arrays of 32-bit cells, by what is between their brackets, without signs and parentheses."""

    def __init__(self) -> None:
        super().__init__()
        self.words = _Words()

    def __missing__(self, cells: str) -> bytes:
        words = self.words
        found = self[cells] = b"".join([words[word] for word in cells.split()])
        return found


class _Strings(dict[str, bytes]):
    """The bytes of strings of ASCII without escapes but \\0, by what is behind their first quotation mark."""

    def __missing__(self, text: str) -> bytes:
        found = self[text] = text.replace("\\0", "\0").encode("ascii") + b"\0"
        return found


class _Expressions(dict[str, str]):
    """What is between innermost parentheses, and its value, as a word of its own."""

    def __missing__(self, text: str) -> str:
        found = self[text] = f" {integers.value_of(text)} "
        return found


class PlainValues:
    """Reads values, or says that it takes the grammar to do so: with (None, ...). It accepts nothing that is wrong."""

    def __init__(self) -> None:
        self.strings = _Strings()
        self._arrays = _Arrays()
        self._expressions = _Expressions()

    def cells(self, text: str) -> Found:
        """The bytes of an array of 32-bit cells, by what is between its brackets, without signs and parentheses."""
        try:
            return self._arrays[text], _references(text, 0, 0) if "&" in text else []
        except (ValueError, KeyError):
            return _UNKNOWN

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
        if '"' in text or "[" in text or "/bits/" in text:
            raise ValueError(text)
        expressions = self._expressions
        for _ in range(_DEEPEST):
            text = _INNERMOST.sub(lambda found: expressions[found[1]], text)
            if "(" not in text:
                return text
        raise ValueError(text)

    def _pieces(self, text: str) -> Found:
        data = bytearray()
        found: list[Reference] = []
        position = elements = 0
        while position < len(text) or not position:
            piece = _PIECE.match(text, position)
            if piece is None:
                return _UNKNOWN
            position = piece.end()
            string, bits, cells, path, octets = piece.groups()
            if bits is not None:
                words = cells.split()
                data += b"".join([integers.number_of(word).to_bytes(int(bits) // 8, "big") for word in words])
                elements += len(words)
            elif cells is not None:
                before = len(data)
                data += self._arrays[cells]
                if "&" in cells:
                    found += _references(cells, before, elements)
                elements += (len(data) - before) // 4
            elif string is not None:
                data += self.strings[string]
            elif path is not None:
                found.append((MarkerKind.PATH, path, len(data), elements))
                elements += 1
            else:
                data += bytes.fromhex(octets)
        return bytes(data), found


def _references(cells: str, offset: int, number: int) -> list[Reference]:
    """The references among cells of which the first has this offset and number."""
    return [
        (MarkerKind.PHANDLE, word[1:], offset + 4 * index, number + index)
        for index, word in enumerate(cells.split())
        if word[0] == "&"
    ]
