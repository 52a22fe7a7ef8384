"""`setexpr NAME [g]sub PATTERN BY [TEXT]`: substitution with the small pattern language of U-Boot's `lib/slre.c`.

Measured with U-Boot 2023.01 and 2026.10-rc2: a set in brackets has no ranges before 2025.10 and no escapes; the text
that matched is looked for again in the text and replaced at its first occurrence; `^` counts at the beginning of what
is left after each replacement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.pattern import pattern

_CLASSES = {"s": r"\s", "S": r"\S", "d": "[0-9]"}
_MOST = 1 << 14  # bytes of a text, SLRE_BUFSZ
_REFERENCES = 2  # to groups; beyond, U-Boot loses the end of the text that is put in
_REFERENCE = pattern(r"\\([0-9])")


class NotFollowedError(Exception):
    """The pattern is not modelled: non-greedy quantifiers, repeated groups, empty matches."""


class PatternError(Exception):
    """U-Boot refuses the pattern."""


class Substituted(Struct, frozen=True):
    """The text after the replacements, and how many there were."""

    text: str
    count: int


def substitute(pattern: str, by: str, text: str, *, everywhere: bool, ranges: bool) -> Substituted:
    """The text with one match, or all of them, replaced; `ranges` as from U-Boot 2025.10, where a match may also be
    at the end. Raises NotFollowedError and PatternError."""
    compiled = _compiled(pattern, ranges=ranges)
    done, rest, count = "", text, 0
    if len(text) >= _MOST or (ranges and not text and compiled.search("")):
        raise NotFollowedError
    while (count == 0 or everywhere) and rest:
        match = compiled.search(rest)
        if match is None or (match.start() == len(rest) and not ranges):
            break
        if not match[0]:
            raise NotFollowedError
        at = rest.find(match[0])
        done += rest[:at] + _filled(by, match)
        rest, count = rest[at + len(match[0]) :], count + 1
        if len(done) >= _MOST:
            raise NotFollowedError
    return Substituted(done + rest, count)


def matches(pattern: str, text: str) -> bool:
    """Whether a text has a match, as `test =~` asks. Raises NotFollowedError and PatternError."""
    return _compiled(pattern, ranges=True).search(text) is not None


def _filled(by: str, match: re.Match[str]) -> str:
    """The replacement, with the texts of the groups that matched."""
    groups = match.re.groups
    if sum(int(number) <= groups for number in _REFERENCE.findall(by)) > _REFERENCES:
        raise NotFollowedError

    def group(reference: re.Match[str]) -> str:
        number = int(reference[1])
        found = match[number] if number <= groups else None
        return found or reference[0]

    return _REFERENCE.sub(group, by)


def _compiled(pattern: str, *, ranges: bool) -> re.Pattern[str]:
    try:
        return re.compile("".join(_parts(pattern, ranges)), re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError from error


def _parts(pattern: str, ranges: bool) -> Iterator[str]:
    position, before = 0, ""
    while position < len(pattern):
        letter = pattern[position]
        position += 1
        if letter == "\\":
            letter = pattern[position : position + 1]
            position += 1
            if letter in ("", "n", "r", "t"):
                raise NotFollowedError
            yield _CLASSES.get(letter, re.escape(letter))
        elif letter == "[":
            end = pattern.find("]", position)
            inside = pattern[position:end] if end >= 0 else ""
            if end < 0 or not inside:
                raise PatternError
            if "\\" in inside:
                raise NotFollowedError
            yield _set(inside, ranges)
            position = end + 1
        elif letter in "*+?":
            if before in ("", ")", *"*+?|("):
                raise NotFollowedError
            yield "?+" if letter == "?" else letter  # ? never gives back what it took
        elif letter == "$":
            yield r"\Z"
        elif letter == "^":
            yield r"\A" if position == 1 else r"\^"
        elif letter in ".|()":
            yield letter
        else:
            yield re.escape(letter)
        before = letter if letter in "*+?|()" and pattern[position - 2 : position - 1] != "\\" else "x"


def _set(inside: str, ranges: bool) -> str:
    negated = inside.startswith("^")
    letters = inside[1:] if negated else inside
    if not letters:
        return "." if negated else "(?!)"
    members, position = "", 0
    while position < len(letters):
        letter = letters[position]
        if ranges and letter == "-" and 0 < position < len(letters) - 1:
            first, last = letters[position - 1], letters[position + 1]
            members += f"{re.escape(first)}-{re.escape(last)}" if first <= last else ""
            position += 2  # the last one only counts as that
            continue
        members += re.escape(letter)
        position += 1
    return ("[^" if negated else "[") + members + "]"
