"""The texts of notes: each is written in the rule that reports the note, and registered here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from colorcheck.rules.index import LISTED, waiting
from colorcheck.xen.kinds import Note

N = TypeVar("N", bound=Note)

WORDS: dict[type[Note], Callable[[Any], str]] = {}
"""The text function of each class, registered by the rules when they are loaded."""


def says(kind: type[N]) -> Callable[[Callable[[N], str]], Callable[[N], str]]:
    """Registers the function that gives the text of a class of notes. Raises ValueError for a second one."""

    def mark(words: Callable[[N], str]) -> Callable[[N], str]:
        if kind in WORDS:
            raise ValueError(f"{kind.__name__} has words already")
        WORDS[kind] = words
        return words

    return mark


def always_says(kind: type[Note], text: str) -> None:
    """Registers a fixed text for a class whose notes differ only in their places."""
    says(kind)(lambda _: text)


def said(note: Note) -> str:
    """The text of a note, a sentence without its full stop; the name of its kind if no rule has a text for it."""
    words = WORDS.get(type(note)) or _words_of_a_rule(type(note))
    return words(note) if words else note.KIND.replace("-", " ")


def _words_of_a_rule(kind: type[Note]) -> Callable[[Any], str] | None:
    """The words of the rule that waits for the kind; otherwise every rule is loaded, one of which may have them."""
    rule = waiting().get(kind)
    for listed in LISTED if rule is None else (rule,):
        listed.load()
    return WORDS.get(kind)


def name_of(path: str) -> str:
    """The name of a device tree node, from its path."""
    return path.rpartition("/")[2]
