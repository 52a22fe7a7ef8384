"""The words of notes: each is in the rule that takes the note up, here they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from colorcheck.xen.kinds import Note

N = TypeVar("N", bound=Note)

WORDS: dict[type[Note], Callable[[Any], str]] = {}
"""The words of each class, put here by the rules when they are imported."""


def says(kind: type[N]) -> Callable[[Callable[[N], str]], Callable[[N], str]]:
    """Marks the function that words the notes of a class. Raises ValueError for a second one."""

    def mark(words: Callable[[N], str]) -> Callable[[N], str]:
        if kind in WORDS:
            raise ValueError(f"{kind.__name__} has words already")
        WORDS[kind] = words
        return words

    return mark


def always_says(kind: type[Note], text: str) -> None:
    """The words of a class whose notes differ in their places only."""
    says(kind)(lambda _: text)


def said(note: Note) -> str:
    """What a note says, as a sentence without its end; its kind where no imported rule words it."""
    words = WORDS.get(type(note))
    return words(note) if words else note.KIND.replace("-", " ")


def name_of(path: str) -> str:
    """The name of a device tree node by its path."""
    return path.rpartition("/")[2]
