"""The strings of xl files: quotes and escapes."""

from __future__ import annotations

from dataclasses import dataclass

from colorcheck.core.pattern import pattern
from colorcheck.core.source import Location, Passage

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "'": "'", "\\": "\\"}
_DIGITS_BEHIND_OCTAL = pattern(r"[ \t\v\f\r]*[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class BadEscapeError(Exception):
    """An escape that xl refuses; the message is xl's, `offset` counts from the opening quote."""

    message: str
    offset: int


def unquote(literal: str, location: Location) -> Passage:
    """The characters of a quoted string, each with its place.
     Numeric escapes are as broken as in xl: `\\x` is always refused; `\\1` needs two more decimal digits at least, and
    then yields nothing (`xlu__cfgl_dequote`). Raises `BadEscapeError`."""
    inside = _from(location, 1)
    if "\\" not in literal:
        text = literal[1:-1]
        return Passage(text, _stretch(inside, len(text)), ((0, inside),))
    written: list[str] = []
    pieces: list[tuple[int, Location]] = [(0, inside)]
    length, position, last = 0, 1, len(literal) - 1
    while position < last:
        backslash = literal.find("\\", position, last)
        plain = literal[position : last if backslash < 0 else backslash]
        written.append(plain)
        length += len(plain)
        if backslash < 0:
            break
        character, position = _escape(literal, backslash)
        pieces.append((length, _from(location, backslash)))
        written.append(character)
        length += len(character)
        pieces.append((length, _from(location, position)))
    text = "".join(written)
    kept = {offset: place for offset, place in pieces if offset < max(1, len(text))}
    return Passage(text, _stretch(inside, len(literal) - 2), tuple(kept.items()))


def _escape(literal: str, backslash: int) -> tuple[str, int]:
    """The character that an escape stands for, and the offset after the escape."""
    name = literal[backslash + 1]
    if name in _ESCAPES:
        return _ESCAPES[name], backslash + 2
    if name == "x":
        raise BadEscapeError("invalid digit after backslash hexnumerical character escape in quoted string", backslash)
    if name not in "01234567":
        raise BadEscapeError("invalid character after backlash in quoted string", backslash)
    digits = _DIGITS_BEHIND_OCTAL.match(literal, backslash + 2, backslash + 5)
    if digits is None or digits.end() - digits.start() < 2:
        raise BadEscapeError(
            "invalid digit after backslash octalnumerical character escape in quoted string", backslash
        )
    return "", digits.end()


def _from(location: Location, offset: int) -> Location:
    return Location(location.file, location.line, location.column + offset, location.end_line, location.end_column)


def _stretch(start: Location, length: int) -> Location:
    return Location(start.file, start.line, start.column, start.line, start.column + length)
