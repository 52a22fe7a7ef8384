"""The rules, all in one tuple, and the one way to run them."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from colorcheck.diagnostic import Finding
from colorcheck.results import Facts, Fault
from colorcheck.rules import tool_rule_crash
from colorcheck.rules.rule import Rule

RULES: tuple[Rule, ...] = (tool_rule_crash.RULE,)


def run(facts: Facts, rules: Iterable[Rule] = RULES) -> tuple[tuple[Finding, ...], tuple[Fault, ...]]:
    """The findings of all rules, sorted by place, each once; and the faults of rules that crashed.

    A crash of one rule is a finding and a fault, and the other rules still run.
    """
    findings: dict[tuple[object, ...], Finding] = {}
    faults: list[Fault] = []
    for rule in rules:
        try:
            for finding in rule.check(facts):
                findings.setdefault(order(finding), finding)
        except Exception as error:
            crash = tool_rule_crash.finding(rule, error, facts)
            findings[order(crash)] = crash
            faults.append(Fault(f"rule {rule.id}", crash.message, traceback.format_exc()))
    return tuple(found for _, found in sorted(findings.items(), key=lambda item: item[0])), tuple(faults)


def order(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are told: by place, then by rule."""
    return (finding.location, finding.rule, finding.message)


def find(name: str, rules: Iterable[Rule] = RULES) -> Rule | None:
    """The rule with this ID (`CC401`, in either case) or name (`shared-colors`)."""
    return next((rule for rule in rules if name.upper() == rule.id or name.lower() == rule.name), None)
