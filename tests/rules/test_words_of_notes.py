"""Each class of notes has its words in one place: the rule that takes it up."""

from __future__ import annotations

from types import ModuleType

import pytest

from colorcheck.core.source import Location
from colorcheck.rules import RULES
from colorcheck.rules.words import said, says, worded
from colorcheck.xen.kinds import Note, WordedNote
from colorcheck.xen.notes import boot, colors, domains, machine

MODULES: tuple[ModuleType, ...] = (boot, colors, domains, machine)
CLASSES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Note) and value.__module__ == module.__name__
]


def test_a_note_brings_its_words_or_a_rule_has_them() -> None:
    assert {kind.__name__ for kind in CLASSES if not issubclass(kind, WordedNote)} == {k.__name__ for k in worded()}


def test_most_classes_carry_no_words() -> None:
    """A class that can do without text must not get it back."""
    assert sum(issubclass(kind, WordedNote) for kind in CLASSES) <= 31


def test_a_class_with_words_is_taken_up_by_a_rule() -> None:
    assert worded() - {kind for rule in RULES for kind in rule.kinds} == set()


def test_a_class_is_worded_once() -> None:
    kind = next(iter(worded()))
    with pytest.raises(ValueError, match="has words already"):
        says(kind)(str)


def test_a_note_without_words_is_told_by_its_kind() -> None:
    class NobodyKnowsIt(Note, frozen=True):
        KIND = "nobody-knows-it"

    assert said(NobodyKnowsIt(Location("a.dts"), "")) == "nobody knows it"
