"""Regular expressions that are compiled when they are first used: most runs need few of those that the program has."""

from __future__ import annotations

import re
from typing import Any, cast, overload

__all__ = ["pattern"]


class _Pattern:
    """Stands for a compiled pattern; anything asked of it compiles it."""

    __slots__ = ("_flags", "_made", "_text")

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags
        self._made: re.Pattern[Any] | None = None

    def __getattr__(self, name: str) -> object:
        if self._made is None:
            self._made = re.compile(self._text, self._flags)
        return getattr(self._made, name)


@overload
def pattern(text: str, flags: int = 0) -> re.Pattern[str]: ...


@overload
def pattern(text: bytes, flags: int = 0) -> re.Pattern[bytes]: ...


def pattern(text: str | bytes, flags: int = 0) -> re.Pattern[Any]:
    """As `re.compile`, when it is needed. An error in the pattern shows then."""
    return cast(re.Pattern[Any], _Pattern(text, flags))
