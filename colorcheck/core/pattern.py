"""Regular expressions that are compiled on first use: most runs need only a few."""

from __future__ import annotations

import re
from typing import Any, cast, overload

__all__ = ["pattern"]


class _Pattern:
    """A proxy for a compiled pattern; any access compiles it."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags
        self._made: re.Pattern[Any] | None = None

    def __getattr__(self, name: str) -> object:
        if self._made is None:
            self._made = re.compile(self._text, self._flags)
        found: object = getattr(self._made, name)
        self.__dict__[name] = found  # asked for no more
        return found


@overload
def pattern(text: str, flags: int = 0) -> re.Pattern[str]: ...


@overload
def pattern(text: bytes, flags: int = 0) -> re.Pattern[bytes]: ...


def pattern(text: str | bytes, flags: int = 0) -> re.Pattern[Any]:
    """Like `re.compile`, but on first use. Errors in the pattern are raised then."""
    return cast(re.Pattern[Any], _Pattern(text, flags))
