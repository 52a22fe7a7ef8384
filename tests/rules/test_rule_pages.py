from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck import rules
from colorcheck.core.diagnostic import Finding
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.rules import RULES
from colorcheck.rules.rule import Rule, parse_page
from colorcheck.verification.results import Facts

FACTS = Facts(Deployment(Manifest("colorcheck.toml", ".")), None, ())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_page_has_its_shape(rule: Rule) -> None:
    page = rule.page
    assert page.title.endswith(".")
    assert len(page.title) <= 100
    assert all(len(text) > 20 for _, text in page.sections())
    assert re.fullmatch(r"CC[0-9]{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_has_both_examples_or_says_why_not(rule: Rule) -> None:
    assert (rule.bad is not None and rule.good is not None) != bool(rule.untestable)


def test_every_file_of_a_rule_is_in_the_tuple() -> None:
    folder = Path(rules.__file__).parent
    files = sorted(path.stem.partition("_")[0].upper() for path in folder.rglob("cc[0-9]*.py"))
    assert files == [rule.id for rule in RULES]


def test_ids_names_and_kinds_belong_to_one_rule() -> None:
    for values in ([r.id for r in RULES], [r.name for r in RULES], [kind for r in RULES for kind in r.kinds]):
        assert len(values) == len(set(values))


def test_shape_is_enforced() -> None:
    with pytest.raises(ValueError, match="needs the sections"):
        parse_page("A title.\n\nWhat it checks: this.\n")
    with pytest.raises(ValueError, match="needs the sections"):
        parse_page("A title.\n\nIntroduction.\n\nWhat it checks: a.\n\nSource: b.\n")


def test_rules_without_facts_are_silent() -> None:
    assert rules.run(FACTS) == ((), ())


def test_crash_is_a_finding_and_a_fault_and_others_still_run() -> None:
    def crash(facts: Facts) -> Iterator[Finding]:
        raise KeyError(3)

    def fine(facts: Facts) -> Iterator[Finding]:
        yield good.finding("seen", RULES[0].finding("", FACTS.manifest.location("")).location)

    broken = replace(RULES[0], id="XX001", name="broken", check=crash)
    good = replace(RULES[0], id="XX002", name="fine", check=fine)
    findings, faults = rules.run(FACTS, (broken, good))
    assert [finding.rule for finding in findings] == ["CC901", "XX002"]
    assert "XX001" in findings[0].message
    assert "KeyError" in findings[0].message
    assert len(faults) == 1
    assert "Traceback" in faults[0].traceback


def test_find() -> None:
    rule = RULES[0]
    assert rules.find(rule.id.lower()) is rule
    assert rules.find(rule.name) is rule
    assert rules.find("CC000") is None
