"""Words of old hush: quotes, backslashes, variables, and the second reading that a command with a variable gets.

Source: `common/cli_hush.c` of U-Boot 2023.01, measured with `golden/u-boot`. A word is kept as the shell keeps it: the
name of a variable is between two marks until it is replaced by its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from colorcheck.core.pattern import pattern
from colorcheck.loader.u_boot.text import NOWHERE, Marked, joined

MARK = "\x03"  # stands before and behind the name of a variable
_KEPT = frozenset("*?[\\")  # characters that a backslash protects within double quotes
_BLANK = frozenset(" \t")
_PLAIN = pattern(r"[^\"'\\$]*")
_QUOTED = pattern(r"\"[^\"'\\$]*\"|'[^'\\]*'")
Lookup = Callable[[str], Marked | None]


class UnclosedError(Exception):
    """A quote or brace without its end: a syntax error, and the command is not run."""


class Word(Struct, frozen=True):
    """A word with marks in it; `quoted` where any part of it stood in quotes, so that it stays even if it is empty."""

    content: Marked
    quoted: bool

    @property
    def varies(self) -> bool:
        return MARK in self.content.text


class _Reader(Struct):
    text: str
    at: Sequence[int]
    again: bool
    position: int = 0

    def word(self) -> Word:
        """The word that begins here, up to a blank or line end outside of quotes."""
        letters: list[str] = []
        places: list[int] = []
        text, at, end = self.text, self.at, len(self.text)
        inside = quoted = False

        def put(letter: str, place: int, protected: bool) -> None:
            if protected and letter in _KEPT:
                letters.append("\\")
                places.append(NOWHERE)
            letters.append(letter)
            places.append(place)

        while self.position < end:
            here, letter = self.position, text[self.position]
            if not inside and (letter in _BLANK or letter == "\n"):
                break
            self.position += 1
            if letter == "'":
                quoted = True
                close = text.find("'", self.position)
                if close < 0:
                    raise UnclosedError
                letters += text[self.position : close]
                places += at[self.position : close]
                self.position = close + 1
            elif letter == '"':
                quoted, inside = True, not inside
            elif letter == "\\":
                if self.position >= end:
                    raise UnclosedError
                put("\\", NOWHERE, inside)
                put(text[self.position], at[self.position], inside)
                self.position += 1
            elif letter == "$" and not self.again:
                self._variable(letters, places, here, inside, put)
            else:
                put(letter, at[here], inside)
        return Word(_stripped(letters, places), quoted)

    def _variable(
        self,
        letters: list[str],
        places: list[int],
        here: int,
        inside: bool,
        put: Callable[[str, int, bool], None],
    ) -> None:
        text, start = self.text, self.position
        following = text[start : start + 1]
        if following == "{":
            close = text.find("}", start)
            if close < 0:
                raise UnclosedError
            name, self.position = text[start + 1 : close], close + 1
        elif following == "?":
            name, self.position = "$?", start + 1
        elif following.isascii() and following.isalpha():
            while self.position < len(text) and _names(text[self.position]):
                self.position += 1
            name = text[start : self.position]
        else:
            put("$", self.at[here], inside)
            return
        letters += MARK, *name, MARK
        places += [NOWHERE] * (len(name) + 2)


def _names(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def _stripped(letters: list[str], places: list[int]) -> Marked:
    """Without the backslashes that protected something."""
    if "\\" not in letters:
        return Marked("".join(letters), places)
    kept: list[int] = []
    position = 0
    while position < len(letters):
        position += letters[position] == "\\"
        if position < len(letters):
            kept.append(position)
        position += 1
    return Marked("".join(letters[k] for k in kept), [places[k] for k in kept])


def first_reading(text: str, at: Sequence[int]) -> Word:
    """One word as it is in a script."""
    if _PLAIN.fullmatch(text):
        return Word(Marked(text, at), False)
    if _QUOTED.fullmatch(text):
        return Word(Marked(text[1:-1], at[1:-1]), True)
    return _Reader(text, at, again=False).word()


def second_reading(text: Marked) -> list[Word]:
    """The words of a command in which the values of variables have been put: quotes count, `$ ; & |` do not."""
    reader = _Reader(text.text, text.at, again=True)
    words: list[Word] = []
    while reader.position < len(text.text):
        letter = text.text[reader.position]
        if letter in ("\n", "#"):
            break
        if letter in _BLANK:
            reader.position += 1
            continue
        word = reader.word()
        if word.content.text or word.quoted:
            words.append(word)
    return words


def expanded(word: Marked, lookup: Lookup) -> Marked:
    """A word with the values of its variables in it; an unset one leaves nothing."""
    text = word.text
    if MARK not in text:
        return word
    parts: list[Marked] = []
    position = 0
    while True:
        begin = text.find(MARK, position)
        if begin < 0:
            break
        end = text.find(MARK, begin + 1)
        if end < 0:
            break
        if begin > position:
            parts.append(word.part(position, begin))
        value = lookup(text[begin + 1 : end])
        if value is not None and value.text:
            parts.append(value)
        position = end + 1
    parts.append(word.part(position))
    found = joined(parts)
    return Marked(found.text.replace("\n", " "), found.at) if "\n" in found.text else found


def command_again(words: Sequence[Word], lookup: Lookup) -> Marked:
    """The command that is read a second time: values in their places, what was quoted in single quotes."""
    quote = Marked("'")
    parts: list[Marked] = []
    for word in words:
        value = expanded(word.content, lookup)
        parts.append(joined((quote, value, quote)) if word.quoted else value)
    return joined(parts, " ") if parts else Marked("")
