"""Integer expressions: 64 bits, unsigned, every operator as dtc computes it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from colorcheck.core.pattern import pattern
from colorcheck.inputs.device_tree.dts.strings import unescape

MASK = (1 << 64) - 1


_WORD = pattern(r"[0-9][0-9a-zA-Z]*|<<|>>|[<>=!]=|&&|\|\||[^ \t\n]")
# Most numbers: those that Python reads as C does, of at most 32 bits.
SHORT = re.compile(r"0x[0-9a-fA-F]{1,8}|[1-9][0-9]{0,8}|0")
_MOST_CHOICES = 8
_NUMBER = pattern(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:ULL|LL|UL|U|L)?")


class Integer(Struct):
    """The value of an expression and the stretch of text it was written in; `faults` are (message, start, end)."""

    value: int
    start: int
    end: int
    faults: tuple[tuple[str, int, int], ...] = ()


def shift_left(left: int, right: int) -> int:
    return left << right if right < 64 else 0


def shift_right(left: int, right: int) -> int:
    return left >> right if right < 64 else 0


BINARY: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
    "%": operator.mod,
    "<<": shift_left,
    ">>": shift_right,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "&&": lambda left, right: bool(left) and bool(right),
    "||": lambda left, right: bool(left) or bool(right),
}
# How strongly each binds its operands, as in C.
_STRENGTH = {
    sign: strength
    for strength, signs in enumerate(("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %"))
    for sign in signs.split()
}
UNARY: dict[str, Callable[[int], int]] = {"-": operator.neg, "~": operator.invert, "!": operator.not_}


def binary(sign: str, left: Integer, right: Integer) -> Integer:
    """Both sides are always computed, so a division by zero on an unused side is a fault, too."""
    faults = left.faults + right.faults
    if sign in "/%" and right.value == 0:
        return Integer(0, left.start, right.end, (*faults, ("Division by zero", left.start, right.end)))
    return Integer(int(BINARY[sign](left.value, right.value)) & MASK, left.start, right.end, faults)


def unary(sign: str, start: int, operand: Integer) -> Integer:
    return Integer(int(UNARY[sign](operand.value)) & MASK, start, operand.end, operand.faults)


def operation(items: Iterable[Integer | str]) -> Integer:
    """The value of operands and signs in the order in which they were written, without parentheses and `?`.

    `ValueError` for what is not such an order, as the grammar never gives it.
    """
    operands: list[Integer] = []
    signs: list[str] = []
    before: list[str] = []
    after_operand = False
    for item in items:
        if isinstance(item, Integer):
            if after_operand:
                raise ValueError("two operands without a sign between them")
            while before:
                sign = before.pop()
                item = unary(sign, getattr(sign, "start_pos", 0), item)  # noqa: PLW2901
            operands.append(item)
            after_operand = True
        elif after_operand:
            strength = _STRENGTH[item]
            while signs and _STRENGTH[signs[-1]] >= strength:
                _combine(operands, signs)
            signs.append(item)
            after_operand = False
        else:
            before.append(item)
    if not after_operand:
        raise ValueError("a sign without an operand")
    while signs:
        _combine(operands, signs)
    return operands[0]


def _combine(operands: list[Integer], signs: list[str]) -> None:
    right = operands.pop()
    operands[-1] = binary(signs.pop(), operands[-1], right)


def value_of(text: str) -> int:
    """The value of an expression without parentheses and character literals; `ValueError` or `KeyError` if it has
    faults, or might have: then the grammar says what is wrong."""
    condition, question, rest = text.partition("?")
    if question:
        yes, _, no = rest.partition(":")
        if no.count("?") > _MOST_CHOICES:
            raise ValueError(text)
        values = value_of(condition), value_of(yes), value_of(no)
        return values[1 if values[0] else 2]
    words = _WORD.findall(text)
    if len(words) == 1:
        return number_of(words[0])
    if len(words) == 3 and words[0][0].isdigit() and words[1] in BINARY and words[1] not in "/%":
        return int(BINARY[words[1]](number_of(words[0]), number_of(words[2]))) & MASK
    found = operation([_number(word) if word[0].isdigit() else word for word in words])
    if found.faults:
        raise ValueError(text)
    return found.value


def number_of(word: str) -> int:
    """The value of a number as it is written; `ValueError` if it is none, or has faults."""
    if SHORT.fullmatch(word):
        return int(word, 0)
    return _number(word).value


def _number(word: str) -> Integer:
    found = literal(word, 0) if _NUMBER.fullmatch(word) else None
    if found is None or found.faults:
        raise ValueError(word)
    return found


def choice(condition: Integer, yes: Integer, no: Integer) -> Integer:
    faults = condition.faults + yes.faults + no.faults
    return Integer((yes if condition.value else no).value, condition.start, no.end, faults)


def literal(text: str, start: int) -> Integer:
    """A number as C's `strtoull` reads it with base 0; `08` and what needs more than 64 bits are faults."""
    end = start + len(text)
    digits = text.rstrip("UL")
    try:
        if digits[0] == "0" and digits[1:2] not in ("x", "X"):
            value = int(digits, 8)
        else:
            # The limit keeps the conversion of an endless row of digits from taking endless time.
            value = int(digits, 0) if len(digits.lstrip("0xX")) <= 20 else MASK + 1
    except ValueError:
        return Integer(0, start, end, ((f"Bad integer literal '{text[:40]}'", start, end),))
    if value > MASK:
        return Integer(MASK, start, end, ((f"Integer literal '{text[:40]}' is larger than 64 bits", start, end),))
    return Integer(value, start, end)


def character(text: str, start: int) -> Integer:
    """A character literal: exactly one byte, escapes included."""
    end = start + len(text)
    inside = unescape(text[1:-1])
    faults = [(message, start + 1 + first, start + 1 + last) for message, first, last in inside.faults]
    if not inside.data:
        faults.append(("Empty character literal", start, end))
    elif len(inside.data) > 1:
        faults.append((f"Character literal has {len(inside.data)} characters instead of 1", start, end))
    return Integer(inside.data[0] if inside.data else 0, start, end, tuple(faults))
