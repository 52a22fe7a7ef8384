"""Every kind of problem and every class of notes is taken up by exactly one rule."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections import Counter

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.rules import RULES, loaded, rule_of
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.index import LISTED
from colorcheck.rules.reading import cc099_input
from colorcheck.rules.tool import cc902_untold_note
from colorcheck.xen import notes
from colorcheck.xen.kinds import Note

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
        assert listed.waits_for == (rule.kinds if only_notes else ()), f"{listed.id} in colorcheck/rules/index.py"


_WORDS_ALONE = """
import sys
from colorcheck.rules.index import waiting
from colorcheck.rules.words import WORDS, _words_of_a_waiting_rule
from colorcheck.xen.kinds import Note
alone = [kind for kind in waiting() if isinstance(kind, type) and issubclass(kind, Note)]
assert alone and not any(name.rpartition(".")[2].startswith("cc5") for name in sys.modules)
assert not set(WORDS) & set(alone)
for kind in alone:
    assert _words_of_a_waiting_rule(kind) is not None, kind
    assert kind in WORDS, kind
"""


def test_words_are_found_without_loading_all_rules() -> None:
    subprocess.run([sys.executable, "-c", _WORDS_ALONE], check=True, timeout=120)


def test_a_run_without_problems_loads_no_rule_that_waits() -> None:
    assert {rule.id for rule in loaded(())} == {listed.id for listed in LISTED if not listed.waits_for}
    assert [rule.id for rule in loaded()] == [rule.id for rule in RULES]
