"""The words of notes: each stands in the rule that takes the note up, here they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from colorcheck.xen.kinds import Note

N = TypeVar("N", bound=Note)

_WORDS: dict[type[Note], Callable[[Any], str]] = {}


def says(kind: type[N]) -> Callable[[Callable[[N], str]], Callable[[N], str]]:
    """Marks the function that words the notes of a class. Raises ValueError for a second one."""

    def mark(words: Callable[[N], str]) -> Callable[[N], str]:
        if kind in _WORDS:
            raise ValueError(f"{kind.__name__} has words already")
        _WORDS[kind] = words
        return words

    return mark


def always_says(kind: type[Note], text: str) -> None:
    """The words of a class whose notes differ in their places only."""
    says(kind)(lambda _: text)


def said(note: Note) -> str:
    """What a note says, as a sentence without its end; its kind where no imported rule words it."""
    words = _WORDS.get(type(note))
    return words(note) if words else note.KIND.replace("-", " ")


def name_of(path: str) -> str:
    """The name of a device tree node by its path."""
    return path.rpartition("/")[2]


def worded() -> frozenset[type[Note]]:
    """The classes whose words stand in rules."""
    return frozenset(_WORDS)
