"""Text that is safe for a terminal, a log or a page: no control, bidi or escape characters of an input, no workflow
commands.
"""

from __future__ import annotations

import re
import unicodedata

from colorcheck.core.pattern import pattern

_SGR = pattern("(\x1b\\[[0-9;]*m)")
_BYTE = re.compile("[\udc80-\udcff]")  # how a byte that is not UTF-8 is kept in a text
_COMMAND = re.compile(r"^([^\S\n]*)(?=::)", re.MULTILINE)


class Painted(str):
    """A text whose terminal colors come from colorcheck: all parts from inputs were made safe before."""

    __slots__ = ()


def safe(text: str, *, commands: bool = False) -> str:
    """The text with everything visible that a terminal would obey, line ends kept; a byte that is not UTF-8 as \\xe4.

    No line begins with a workflow command of GitHub, unless `commands`, and none has the older `##[` in it. The colors
    of a `Painted` text stay.
    """
    if isinstance(text, Painted):
        text = "".join(part if part.startswith("\x1b[") else _visible(part) for part in _SGR.split(text))
    else:
        text = _visible(with_bytes(text))
    text = text.replace("##[", "##\\[")
    return text if commands else _COMMAND.sub(r"\1\\", text)


def with_bytes(text: str) -> str:
    """The text with each byte that is not UTF-8 written as such, for example \\xe4."""
    return _BYTE.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)


def safe_json(text: str) -> str:
    """The same for a JSON document, whose meaning does not change."""
    return _visible(text).replace("##[", "#\\u0023[")


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" or _blank(c) else _named(c) for c in text)


def _blank(character: str) -> bool:
    return unicodedata.category(character) == "Zs"


def _named(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:  # two halves, as JSON writes it
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
