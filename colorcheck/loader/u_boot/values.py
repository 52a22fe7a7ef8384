"""Values of `fdt set`: cells, bytes or texts, by the first character of the first word.

Source: `cmd/fdt.c: fdt_parse_prop` of U-Boot 2023.01.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.loader.u_boot.numbers import any_base, hexadecimal_end
from colorcheck.loader.u_boot.text import UNKNOWN, Marked, unknowns

_SOME = (0x1000).to_bytes(4, "big")  # stands in a cell whose value is not known, so that a usual world has one


class Value(Struct, frozen=True):
    """A property's bytes; `unsure` is the open fact that they depend on, `text` the first string with its places."""

    data: bytes
    unsure: int | None = None
    text: Marked | None = None


class UnreadableValue(Struct, frozen=True):
    """U-Boot cannot read the value and sets nothing; `message` is what it prints, `data` what it read before."""

    message: str
    data: bytes = b""


def parse_value(words: Sequence[Marked], old: bytes | bytearray) -> Value | UnreadableValue:
    """The value that words spell; `?` among cells keeps the `old` one."""
    first = words[0].text[:1]
    if first == "<":
        return _cells(words, old)
    if first == "[":
        return _octets(words)
    data = b"".join(word.text.encode("utf-8", "surrogateescape") + b"\0" for word in words)
    doubts = [number for word in words for number in unknowns(word.text)]
    return Value(data, doubts[0] if doubts else None, words[0] if len(words) == 1 else None)


def _cells(words: Sequence[Marked], old: bytes | bytearray) -> Value | UnreadableValue:
    data = bytearray()
    unsure: int | None = None
    index, text, position = 0, words[0].text, 1
    while index < len(words) and text[position : position + 1] != ">":
        if position >= len(text):
            index, position = index + 1, 0
            text = words[index].text if index < len(words) else ""
            continue
        start = position
        at = len(data)
        doubts = unknowns(text[position:].split(" ")[0].split(">")[0])
        if doubts:
            unsure = doubts[0]
            while position < len(text) and (ord(text[position]) >= UNKNOWN or text[position].isalnum()):
                position += 1
            data += _SOME
        elif text[position] == "?":
            data += old[at : at + 4].ljust(4, b"\0")
            position += 1
        else:
            number, position = any_base(text, position)
            data += (number & 0xFFFFFFFF).to_bytes(4, "big")
        if position == start:
            return UnreadableValue(f'Sorry, I could not convert "{text[start:]}"', bytes(data))
        while text[position : position + 1] == " ":
            position += 1
    if index >= len(words):
        return UnreadableValue("Unexpected character: the cells have no closing >", bytes(data))
    return Value(bytes(data), unsure)


def _octets(words: Sequence[Marked]) -> Value | UnreadableValue:
    data = bytearray()
    index, text, position = 0, words[0].text, 1
    while index < len(words) and text[position : position + 1] != "]":
        while text[position : position + 1] == " ":
            position += 1
        if position >= len(text):
            index, position = index + 1, 0
            text = words[index].text if index < len(words) else ""
            continue
        if text[position] == "]":
            break
        doubts = unknowns(text[position:])
        if doubts:
            return Value(bytes(data), doubts[0])
        number, after = hexadecimal_end(text, position)
        if after == position:
            return UnreadableValue(f"Unexpected character '{text[position]}'", bytes(data))
        data.append(number & 0xFF)
        position = after
    if index >= len(words):
        return UnreadableValue("Unexpected character: the bytes have no closing ]", bytes(data))
    return Value(bytes(data))
