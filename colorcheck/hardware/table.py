"""Reads a TOML table key by key, with types and ranges checked and unknown keys refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from colorcheck.core.suggest import did_you_mean

T = TypeVar("T")


class BoardFileError(ValueError):
    """A board file that cannot be used; the message names the key and what is expected."""


class Table:
    """A table of a board file. Each `take` removes a key; `done` refuses what is left."""

    def __init__(self, name: str, data: Mapping[str, object]) -> None:
        self.name = name
        self._data = dict(data)
        self._known: list[str] = []

    def _take(self, key: str) -> object:
        self._known.append(key)
        return self._data.pop(key, None)

    def fail(self, key: str, message: str) -> BoardFileError:
        return BoardFileError(f"{self.name}.{key}: {message}" if self.name else f"{key}: {message}")

    def text(self, key: str, default: str = "") -> str:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.fail(key, "write a string")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise self.fail(key, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def flag(self, key: str) -> bool | None:
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise self.fail(key, "write true or false")
        return value

    def number(self, key: str, least: int = 1, most: int = 1 << 52) -> int | None:
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.fail(key, f"write an integer from {least} to {most}")
        return value

    def power_of_two(self, key: str, least: int, most: int) -> int | None:
        value = self.number(key, least, most)
        if value is not None and value & (value - 1):
            raise self.fail(key, f"{value} is not a power of two")
        return value

    def _list(self, key: str, check: Callable[[object], T | None], what: str) -> tuple[T, ...]:
        value = self._take(key)
        if value is None:
            return ()
        items = [check(item) for item in value] if isinstance(value, list) else [None]
        if any(item is None for item in items):
            raise self.fail(key, f"write a list of {what}")
        return tuple(item for item in items if item is not None)

    def texts(self, key: str) -> tuple[str, ...]:
        return self._list(key, lambda item: item if isinstance(item, str) else None, "strings")

    def numbers(self, key: str, most: int = 1 << 52) -> tuple[int, ...]:
        return self._list(key, lambda item: _number(item, most), f"integers up to {most}")

    def number_lists(self, key: str, most: int = 1 << 52) -> tuple[tuple[int, ...], ...]:
        return self._list(key, lambda item: _numbers(item, most), f"lists of integers up to {most}")

    def table(self, key: str) -> Table | None:
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            raise self.fail(key, "write a table")
        return None if value is None else Table(f"{self.name}.{key}".lstrip("."), value)

    def tables(self, key: str) -> Iterator[Table]:
        value = self._take(key)
        if not isinstance(value, list | None) or not all(isinstance(item, dict) for item in value or ()):
            raise self.fail(key, f"write [[{key}]]")
        yield from (Table(f"{key}[{number}]", item) for number, item in enumerate(value or ()))

    def done(self) -> None:
        """Raises BoardFileError for keys that were not taken."""
        for key in self._data:
            known = f"known: {', '.join(self._known)}"
            raise self.fail(key, f"unknown key; {did_you_mean(key, self._known, known)}")


def _number(item: object, most: int) -> int | None:
    return item if isinstance(item, int) and not isinstance(item, bool) and 0 <= item <= most else None


def _numbers(item: object, most: int) -> tuple[int, ...] | None:
    if not isinstance(item, list):
        return None
    found = [_number(entry, most) for entry in item]
    return None if None in found else tuple(number for number in found if number is not None)
