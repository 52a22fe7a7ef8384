from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Severity
from colorcheck.files.edits import originals, write
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules import RULES
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule
from colorcheck.workflows import verify as pipeline

TESTED = [rule for rule in RULES if rule.bad and rule.good]


def findings(example: Example | None, folder: Path):  # type: ignore[no-untyped-def]
    assert example is not None
    return pipeline.verify(read_manifest(str(example.write(folder)))).findings


@pytest.mark.parametrize("rule", TESTED, ids=lambda rule: rule.id)
def test_bad_example_is_found_and_its_fix_corrects_it(rule: Rule, tmp_path: Path) -> None:
    before = findings(rule.bad, tmp_path)
    assert rule.id in {finding.rule for finding in before}, [(f.rule, f.message) for f in before]
    edits = [edit for found in before if found.rule == rule.id for edit in found.fix]
    if not edits:
        return  # most rules cannot know what was meant
    files, unreadable = originals(edits)
    assert unreadable == ()
    assert write(files, edits) == ()
    left = pipeline.verify(read_manifest(str(tmp_path / "colorcheck.toml"))).findings
    assert [(f.rule, f.message) for f in left if f.rule == rule.id or f.severity is Severity.ERROR] == []
    assert {f.rule for f in left} <= {f.rule for f in before}


def test_some_rules_have_a_fix() -> None:
    """So that the test above cannot become empty unseen."""
    assert (
        sum("fix=" in Path(str(inspect.getsourcefile(rule.check))).read_text(encoding="utf-8") for rule in TESTED) > 10
    )


@pytest.mark.parametrize("rule", TESTED, ids=lambda rule: rule.id)
def test_good_example_is_silent(rule: Rule, tmp_path: Path) -> None:
    assert [(f.rule, f.message) for f in findings(rule.good, tmp_path)] == []


@pytest.mark.parametrize("xen", ["4.20", "4.21", "4.22"])
def test_clean_deployment_is_silent(xen: str, tmp_path: Path) -> None:
    guests = () if xen == "4.22" else (("rt.cfg", GUEST),)
    assert [(f.rule, f.message) for f in findings(Example(xen=xen, guests=guests), tmp_path)] == []
