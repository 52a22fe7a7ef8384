"""Numbers as U-Boot's `lib/strto.c` reads them: as far as they go, 64 bits wide, never an error."""

from __future__ import annotations

import re

from colorcheck.core.pattern import pattern

_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]*)")
_SIXTEEN = pattern(r"0[xX]([0-9a-fA-F]*)")
_EIGHT = pattern(r"0([0-7]*)")
_TEN = re.compile(r"([0-9]*)")
WIDTH = (1 << 64) - 1
_WIDTHS = {"b": 1, "w": 2, "l": 4, "q": 8, "s": 0}


def hexadecimal(text: str) -> int:
    """`hextoul`: hexadecimal with or without 0x, 0 for what is not a number."""
    match = _HEX.match(text)
    return int(match[1][-64:], 16) & WIDTH if match and match[1] else 0


def hexadecimal_end(text: str, start: int) -> tuple[int, int]:
    """The hexadecimal number at an offset, and the offset after it."""
    match = _HEX.match(text, start)
    if match is None or match.end() == start:
        return 0, start
    return (int(match[1][-64:], 16) & WIDTH if match[1] else 0), match.end()


def any_base(text: str, start: int = 0) -> tuple[int, int]:
    """`simple_strtoul` with base 0 at an offset: 0x, a leading 0 for octal, else decimal; and the offset after it."""
    for number, base in ((_SIXTEEN, 16), (_EIGHT, 8), (_TEN, 10)):
        match = number.match(text, start)
        if match is not None and match.end() > start:
            digits = match[1][-80:] if base != 10 else match[1][:4000]
            return (int(digits, base) if digits else 0) & WIDTH, match.end()
    return 0, start


def decimal(text: str) -> int:
    """`simple_strtoul` with base 10: the digits that a text begins with."""
    match = _TEN.match(text)
    return int(match[1][:4000]) & WIDTH if match and match[1] else 0


def signed(text: str) -> int:
    """`simple_strtol` with base 0."""
    negative = text.startswith("-")
    value = any_base(text, int(negative))[0]
    value = -value if negative else value
    value &= WIDTH
    return value - (1 << 64) if value >> 63 else value


def data_width(command: str) -> int | None:
    """`cmd_get_data_size`: the bytes of a word by the command's last two characters: four where they are no dot and
    letter, 0 for texts (`.s`), None for another letter."""
    return _WIDTHS.get(command[-1]) if command[-2:-1] == "." else 4
