"""U-Boot's modern shell (`CONFIG_HUSH_MODERN_PARSER`, an option since 2024.04): how its words differ from old hush's.

Source: `common/cli_hush_upstream.c` of U-Boot 2026.10-rc2, measured with its binary. Quotes and backslashes are those
of POSIX, values are split at blanks and not read a second time, and a backslash at the end of a line joins the next
one. What old hush has not (substitution of commands, groups, subshells, `case`, functions, background commands, pipes,
positional parameters) is not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from colorcheck.core.pattern import pattern
from colorcheck.loader.u_boot.text import Marked, joined

NOT_FOLLOWED = frozenset(("!", "{", "}", "case", "esac", "function", "[[", "select"))
"""Words at the beginning of a command with a special meaning in the modern shell."""
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*|\?")
_BRACED = pattern(r"\{(?:[A-Za-z_][A-Za-z0-9_]*|\?)\}")
_BLANKS = " \t\n"
_IN_QUOTES = frozenset('$`"\\\n')  # before these a backslash in double quotes counts
Lookup = Callable[[str], Marked | None]


class Shadow(Struct, frozen=True):
    """A text of the same length in which old hush finds the words of the modern shell: what is quoted or expanded are
    plain letters. `error` is where reading ends, `followed` is false if the text there is not followed."""

    text: str
    error: int | None = None
    followed: bool = True


class _End(Exception):
    def __init__(self, offset: int, *, followed: bool) -> None:
        super().__init__(offset)
        self.offset = offset
        self.followed = followed


def shadow(text: str) -> Shadow:
    """The words of a text for the grammar of old hush."""
    found = list(text)
    try:
        _cover(text, found)
    except _End as end:
        return Shadow("".join(found[: end.offset]) + "& ", end.offset, end.followed)
    return Shadow("".join(found))


def _cover(text: str, found: list[str]) -> None:
    at, fresh = 0, True  # `fresh` where a word may begin
    while at < len(text):
        letter, start = text[at], at
        if letter == "#" and fresh:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            found[start:at] = " " * (at - start)
            continue
        if letter in "(`)":
            raise _End(at, followed=False)
        if letter in "&|":
            at += 2
            if text[start:at] != letter * 2:
                raise _End(start, followed=False)
            fresh = True
            continue
        if letter == "\\" and text[at + 1 : at + 2] == "\n":
            found[at : at + 2] = "  " if fresh else "xx"
            at += 2
            continue
        try:
            at = _behind(text, at)
        except _End as end:
            raise _End(start, followed=end.followed) from None
        if at > start + 1 or letter in "'\"\\$":
            found[start:at] = "x" * (at - start)
        fresh = letter in " \t\n;"


def _behind(text: str, at: int) -> int:
    """The offset behind a letter, a quoted stretch or a variable. Raises _End if it has no end."""
    letter = text[at]
    if letter == "'":
        end = text.find("'", at + 1)
        if end < 0:
            raise _End(at, followed=True)
        return end + 1
    if letter == "\\":
        return min(at + 2, len(text))
    if letter == "$":
        return _behind_variable(text, at)
    if letter != '"':
        return at + 1
    inside = at + 1
    while inside < len(text) and text[inside] != '"':
        if text[inside] == "`":
            raise _End(at, followed=False)
        if text[inside] == "\\":
            inside += 2
        else:
            inside = _behind_variable(text, inside) if text[inside] == "$" else inside + 1
    if inside >= len(text):
        raise _End(at, followed=True)
    return inside + 1


def _behind_variable(text: str, at: int) -> int:
    following = text[at + 1 : at + 2]
    if following == "{":
        match = _BRACED.match(text, at + 1)
        if match is None:
            raise _End(at, followed="}" not in text[at:])
        return match.end()
    if following and following in "(0123456789*@#!$-":
        raise _End(at, followed=False)
    name = _NAME.match(text, at + 1)
    return name.end() if name else at + 1


class Part(Struct, frozen=True):
    """A piece of a word: a text as it is, or the name of a variable."""

    content: Marked
    variable: bool = False
    quoted: bool = False


def parts_of(text: str, at: Sequence[int]) -> list[Part]:
    """The pieces of one word in a script, in which all quotes are closed."""
    found: list[Part] = []
    plain: list[int] = []
    quoted = False
    position = 0

    def close() -> None:
        if plain or quoted:
            content = Marked("".join(text[n] for n in plain), [at[n] for n in plain])
            found.append(Part(content, quoted=quoted))
            plain.clear()

    while position < len(text):
        letter = text[position]
        if letter == "'" and not quoted:
            close()
            end = text.index("'", position + 1)
            if end > position + 1:  # two single quotes make no word, as two double quotes do
                found.append(Part(Marked(text[position + 1 : end], at[position + 1 : end]), quoted=True))
            position = end + 1
        elif letter == '"':
            close()
            quoted = not quoted
            position += 1
        elif letter == "\\" and position + 1 < len(text):
            following = text[position + 1]
            if quoted and following not in _IN_QUOTES:
                plain.append(position)
            if following != "\n":
                plain.append(position + 1)
            position += 2
        elif letter == "$" and (end := _behind_variable(text, position)) > position + 1:
            close()
            name = text[position + 1 : end].removeprefix("{").removesuffix("}")
            name = "$?" if name == "?" else name
            found.append(Part(Marked(name), variable=True, quoted=quoted))
            position = end
        else:
            plain.append(position)
            position += 1
    close()
    return found


def fields(parts: Sequence[Part], lookup: Lookup) -> list[Marked]:
    """The words that a word becomes: values outside of quotes fall apart at blanks, empty ones vanish."""
    found: list[Marked] = []
    current: list[Marked] = []
    begun = False
    for part in parts:
        value = (lookup(part.content.text) or Marked("")) if part.variable else part.content
        if part.quoted or not part.variable:
            current.append(value)
            begun = True
            continue
        for start, end, breaks in _pieces(value.text):
            if breaks and begun:
                found.append(joined(current))
                current, begun = [], False
            if end > start:
                current.append(value.part(start, end))
                begun = True
    if begun:
        found.append(joined(current))
    return found


def value_of(parts: Sequence[Part], lookup: Lookup) -> Marked:
    """The text of a word that stays one, as in an assignment."""
    values = [(lookup(part.content.text) or Marked("")) if part.variable else part.content for part in parts]
    return joined(values) if values else Marked("")


def _pieces(text: str) -> list[tuple[int, int, bool]]:
    """The stretches between blanks, each with whether it follows blanks; an empty last one after blanks."""
    found: list[tuple[int, int, bool]] = []
    position = 0
    while position < len(text):
        start = position
        while position < len(text) and text[position] in _BLANKS:
            position += 1
        breaks, start = position > start, position
        while position < len(text) and text[position] not in _BLANKS:
            position += 1
        found.append((start, position, breaks))
    return found
