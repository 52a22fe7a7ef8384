"""Every kind of problem and every class of notes is taken up by exactly one rule."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.rules import RULES, loaded, rule_of
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.index import LISTED
from colorcheck.rules.reading import cc099_input
from colorcheck.rules.tool import cc902_untold_note
from colorcheck.xen import notes
from colorcheck.xen.kinds import Note
from colorcheck.xen.notes import colors, machine

ROOT = Path(__file__).parents[2]
MODULES = [importlib.import_module(f"{notes.__name__}.{found.name}") for found in pkgutil.iter_modules(notes.__path__)]
CLASSES = {
    cls for module in MODULES for cls in vars(module).values() if isinstance(cls, type) and issubclass(cls, Note)
}
CLASSES -= {Note}
TAKEN = Counter(kind for rule in RULES for kind in set(rule.kinds))
NOT_OF_A_RUN = {  # problems of edits and of commands that report them themselves
    ProblemKind.BASELINE,
    ProblemKind.CHANGED,
    ProblemKind.EDIT,
    ProblemKind.MISS_CURVE,
    ProblemKind.NOT_MIGRATED,
    ProblemKind.OPTION_CUT,
    ProblemKind.UNKNOWN_DOMAIN,
    ProblemKind.UNKNOWN_OBJECTIVE,
    ProblemKind.NO_PLACE,
    ProblemKind.UNWRITABLE,
}


def test_no_kind_is_taken_twice() -> None:
    assert [kind for kind, times in TAKEN.items() if times > 1] == []


def test_every_class_of_notes_has_a_rule() -> None:
    untold = [cls.__name__ for cls in CLASSES if cls not in TAKEN]
    assert set(untold) <= {cls.__name__ for cls in cc902_untold_note.SILENT}


def test_the_names_of_notes_are_their_own() -> None:
    names = [cls.KIND for cls in CLASSES]
    assert len(set(names)) == len(names)
    assert all(names)


def test_kinds_that_no_rule_takes_are_known() -> None:
    """CC099 tells them; a kind that is meant for a rule of its own must not end there."""
    left = {kind for kind in ProblemKind if kind not in TAKEN} - NOT_OF_A_RUN
    assert left == {*cc099_input.HERE, *cc099_input.SILENT}


def test_the_list_of_rules_agrees_with_the_rules() -> None:
    """A kind that is missing from the list would leave its rule unloaded, and its findings unsaid."""
    for listed in LISTED:
        rule = rule_of(listed)
        assert (listed.id, listed.name) == (rule.id, rule.name)
        only_notes = rule.check.__module__ == from_notes.__module__
        assert bool(listed.waits_for) == only_notes, f"{listed.id} in colorcheck/rules/index.py"
        assert listed.waits_for == (rule.kinds if only_notes else ()), f"{listed.id} in colorcheck/rules/index.py"


_WORDS_ALONE = """
import sys
from colorcheck.rules.words import WORDS, _words_of_a_rule
from colorcheck.xen.kinds import Note
from colorcheck.xen.notes import boot, colors, domains, machine
kind = next(kind for kind in Note.__subclasses__() if kind.__name__ == sys.argv[1])
assert kind not in WORDS
assert _words_of_a_rule(kind) is not None
"""


@pytest.mark.parametrize("kind", [colors.DefaultColors, machine.ModuleOverlap])
def test_words_are_found_before_any_rule_is_loaded(kind: type[Note]) -> None:
    """Of a rule that always runs, and of one that waits for its kinds."""
    subprocess.run([sys.executable, "-c", _WORDS_ALONE, kind.__name__], check=True, timeout=120)


def test_effective_has_the_words_of_notes() -> None:
    arguments = ["effective", "--xen", "4.21", "--board", "am62x", "--memory", "0x80000000+0x80000000"]
    given = ["--boot-arguments", "llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-3 dom0_mem=512M"]
    guest = ["--domain", "examples/tutorial/rt.cfg"]
    command = [sys.executable, "-m", "colorcheck", *arguments, *given, *guest]
    shown = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT).stdout
    assert "rt has no llc_colors: it gets all colors" in shown


def test_a_run_without_problems_loads_no_rule_that_waits() -> None:
    assert {rule.id for rule in loaded(())} == {listed.id for listed in LISTED if not listed.waits_for}
    assert [rule.id for rule in loaded()] == [rule.id for rule in RULES]
