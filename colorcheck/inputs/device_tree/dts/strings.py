"""Strings and character literals: escapes as dtc reads them, and where each byte of the result was written."""

from __future__ import annotations

import re

from msgspec import Struct

from colorcheck.core.pattern import pattern
from colorcheck.inputs.device_tree.dts.text import encode

_SIMPLE = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_ESCAPE = pattern(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{0,2})|(.))", re.DOTALL)
_BREAK = re.compile(r"\\|[^\x00-\x7f]")


class Unescaped(Struct):
    """The bytes of a literal; `stretches` are (offset in the bytes, offset in the literal), ascending, between which
    bytes and characters run alongside; `faults` are (message, start, end) in the literal."""

    data: bytes
    stretches: list[tuple[int, int]]
    faults: list[tuple[str, int, int]]


def unescape(text: str) -> Unescaped:
    """The bytes that the inside of a literal stands for."""
    if not _BREAK.search(text):
        return Unescaped(text.encode("ascii"), [(0, 0)], [])
    data = bytearray()
    stretches = [(0, 0)]
    faults = []
    position = 0
    while broken := _BREAK.search(text, position):
        data += text[position : broken.start()].encode("ascii")
        start, position = broken.start(), broken.end()
        if broken[0] == "\\" and (escape := _ESCAPE.match(text, start)):
            position = escape.end()
            if escape[2] == "":
                faults.append(("\\x is not followed by hexadecimal digits", start, position))
            data += _value(escape)
        else:
            character = encode(broken[0])
            stretches += [(len(data) + i, start) for i in range(1, len(character))]
            data += character
        stretches.append((len(data), position))
    data += text[position:].encode("ascii")
    if stretches[-1][0] == len(data) and len(stretches) > 1:
        stretches.pop()
    return Unescaped(bytes(data), stretches, faults)


def _value(escape: re.Match[str]) -> bytes:
    octal, hexadecimal, character = escape.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal is not None:
        return bytes([int(hexadecimal or "0", 16)])
    simple = _SIMPLE.get(character)
    return encode(character) if simple is None else bytes([simple])
