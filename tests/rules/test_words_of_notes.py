"""Each class of notes has its words in one place: the rule that takes it up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import colorcheck
from colorcheck.core.source import Location
from colorcheck.rules import RULES
from colorcheck.rules.tool.cc902_untold_note import SILENT
from colorcheck.rules.words import WORDS, said, says
from colorcheck.xen.kinds import Note
from colorcheck.xen.notes import boot, colors, domains, machine

MODULES: tuple[ModuleType, ...] = (boot, colors, domains, machine)
CLASSES: list[type[Note]] = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Note) and value.__module__ == module.__name__
]
NAMES = {kind.__name__ for kind in CLASSES}


def test_a_rule_has_the_words_of_every_class() -> None:
    assert set(WORDS) == set(CLASSES)


def test_all_notes_are_of_these_modules() -> None:
    assert {kind.__name__ for kind in Note.__subclasses__() if kind.__module__.startswith("colorcheck.")} == NAMES


def test_no_class_has_a_field_for_words() -> None:
    fields = {name for kind in CLASSES for name in kind.__struct_fields__}
    assert fields & {"message", "words", "advice", "help", "sentence"} == set()


def calls() -> Iterator[ast.Call]:
    """Every place of the program that makes a note."""
    for path in sorted(Path(colorcheck.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
                yield node


def is_prose(value: ast.expr) -> bool:
    """Whether an argument is text made for a reader: put together, or of several words."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str) and " " in value.value
    return isinstance(value, (ast.JoinedStr, ast.BinOp)) and any(
        isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str))
        for part in ast.walk(value)
    )


def test_no_note_is_made_with_prose() -> None:
    found = list(calls())
    assert len(found) > len(CLASSES) * 0.8
    assert [
        ast.unparse(call) for call in found if any(map(is_prose, (*call.args, *(k.value for k in call.keywords))))
    ] == []


def test_details_are_fields() -> None:
    assert {name for kind in CLASSES for name in kind.DETAILS - set(kind.__struct_fields__)} == set()


def test_a_class_with_words_is_taken_up_by_a_rule() -> None:
    assert set(WORDS) - {kind for rule in RULES for kind in rule.kinds} == set(SILENT)


def test_a_class_is_worded_once() -> None:
    kind = next(iter(WORDS))
    with pytest.raises(ValueError, match="has words already"):
        says(kind)(str)


def test_a_note_without_words_is_told_by_its_kind() -> None:
    class NobodyKnowsIt(Note, frozen=True):
        KIND = "nobody-knows-it"

    assert said(NobodyKnowsIt(Location("a.dts"), "")) == "nobody knows it"
