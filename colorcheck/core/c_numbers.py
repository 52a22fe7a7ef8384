"""Numbers as read by the C functions of Xen and of xl's C library, including overflow."""

from __future__ import annotations

import re

from msgspec import Struct

ULONG = 1 << 64
UINT = 1 << 32

_XEN = re.compile(r"0[xX](?P<hex>[0-9a-fA-F]+)|0(?P<octal>[0-7]*)|(?P<decimal>[1-9][0-9]*|)")
_SIGNED = re.compile(r"[ \t\n\v\f\r]*(?P<sign>[+-]?)(?P<digits>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_UNSIGNED = re.compile(r"[ \t\n\v\f\r]*(?P<sign>[+-]?)(?P<digits>[0-9]+)")
_SHIFTS = {"T": 40, "G": 30, "M": 20, "K": 10, "B": 0}
_CHUNK = 4000  # Python refuses decimal texts of more than 4300 digits


def decimal(digits: str) -> int:
    """A decimal text of any length."""
    value = 0
    for start in range(0, len(digits), _CHUNK):
        chunk = digits[start : start + _CHUNK]
        value = value * 10 ** len(chunk) + int(chunk)
    return value


def simple_strtoull(text: str, start: int = 0) -> tuple[int, int]:
    """The number at `text[start:]` and the offset after it (`xen/lib/strtoull.c`).

    The base is 16 behind `0x` and a digit, 8 behind `0`, else 10; without digits the number is 0 and nothing is
    read. What overflows 64 bits wraps around.
    """
    match = _XEN.match(text, start)
    if match is None:
        return 0, start
    if match["hex"]:
        return int(match["hex"], 16) % ULONG, match.end()
    if match["octal"] is not None:
        return int(match["octal"] or "0", 8) % ULONG, match.end()
    return (decimal(match["decimal"]) if match["decimal"] else 0) % ULONG, match.end()


def simple_strtoll(text: str, start: int = 0) -> tuple[int, int]:
    """Like `simple_strtoull`, with an optional `-`; the value is the unsigned 64 bits."""
    if not text.startswith("-", start):
        return simple_strtoull(text, start)
    value, end = simple_strtoull(text, start + 1)
    return -value % ULONG, end


def size_and_unit(text: str) -> tuple[int, int]:
    """A size in bytes and the offset after it: base 0, one of T G M K B in either case, KiB without a unit.

    A `%` after the number stays unread and leaves the number in bytes (`parse_size_and_unit`,
    `xen/common/lib.c`). What overflows 64 bits wraps around.
    """
    value, end = simple_strtoull(text)
    unit = text[end : end + 1]
    if unit == "%":
        return value, end
    shift = _SHIFTS.get(unit.upper()) if unit.isascii() else None
    if shift is None:
        return (value << 10) % ULONG, end
    return (value << shift) % ULONG, end + 1


class Long(Struct, frozen=True):
    """What glibc's `strtol` in base 0 reads from a text: the number and the offset after it, or why there is none."""

    value: int = 0
    end: int = 0
    out_of_range: bool = False


def strtol(text: str) -> Long:
    """A 64-bit number in base 0, blanks and a sign in front allowed; `end` is 0 where there is no number."""
    match = _SIGNED.match(text)
    if match is None:
        return Long()
    value = simple_integer(match["digits"])
    if match["sign"] == "-":
        value = -value
    if not -(1 << 63) <= value < 1 << 63:
        return Long(out_of_range=True, end=match.end())
    return Long(value, match.end())


def whole_long(text: str) -> int | None:
    """The value of a text that is nothing but such a number in range; otherwise None."""
    read = strtol(text)
    return read.value if read.end and read.end == len(text) and not read.out_of_range else None


def simple_integer(digits: str) -> int:
    """The value of digits in base 0, of any size."""
    if digits[:2] in ("0x", "0X"):
        return int(digits, 16)
    return int(digits, 8) if digits[0] == "0" else decimal(digits)


def scan_unsigned(text: str, start: int = 0) -> tuple[int, int] | None:
    """What glibc's `sscanf` reads for `%u`, and the offset after it; None if nothing matches.

    Base 10, blanks and a sign in front allowed. What overflows 64 bits becomes the largest such number, a `-` negates
    within 64 bits, and then the value is cut to 32 bits: `-1` is 4294967295.
    """
    match = _UNSIGNED.match(text, start)
    if match is None:
        return None
    value = decimal(match["digits"])
    if value >= ULONG:
        value = ULONG - 1
    elif match["sign"] == "-":
        value = -value
    return value % UINT, match.end()
