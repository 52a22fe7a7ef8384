"""The rules: the function that runs those that may have a finding, and the tuple of all."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable, Iterator
from typing import cast

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.applicable_fixes import with_usable_fix
from colorcheck.rules.index import LISTED, Kind, Listed, waiting
from colorcheck.rules.reading import cc099_input
from colorcheck.rules.rule import Rule, notes, problems
from colorcheck.rules.tool import cc901_rule_crash, cc902_untold_note
from colorcheck.rules.words import said as said
from colorcheck.verification.results import Facts, Fault

RULES: tuple[Rule, ...]
"""All rules, in the order of their IDs; loaded when it is first asked for."""


def __getattr__(name: str) -> tuple[Rule, ...]:
    if name != "RULES":
        raise AttributeError(name)
    found = globals()["RULES"] = tuple(loaded())
    return found


def rule_of(listed: Listed) -> Rule:
    """The rule of a row of the list, loaded."""
    return cast(Rule, listed.load().RULE)


def loaded(kinds: Collection[Kind] | None = None) -> Iterator[Rule]:
    """The rules that may have a finding where these kinds were seen; all of them without `kinds`."""
    return (rule_of(listed) for listed in LISTED if kinds is None or listed.may_report(kinds))


def run(facts: Facts, further: Iterable[Rule] = ()) -> tuple[tuple[Finding, ...], tuple[Fault, ...]]:
    """The findings of all rules and of `further` ones, sorted by place, each once; and the faults of crashed rules.

    A crash of one rule is a finding and a fault, and the other rules still run.
    """
    own = tuple(loaded(_seen(facts)))
    findings: dict[tuple[object, ...], Finding] = {}
    faults: list[Fault] = []
    taken = frozenset(waiting()).union(kind for rule in own for kind in rule.kinds)
    nets = {
        cc099_input.RULE.id: lambda facts: cc099_input.untaken(facts, taken),
        cc902_untold_note.RULE.id: lambda facts: cc902_untold_note.untold(facts, taken),
    }
    for rule in (*own, *further):
        try:
            for finding in nets.get(rule.id, rule.check)(facts):
                findings.setdefault(order(finding), with_usable_fix(finding, facts.deployment))
        except MemoryError:  # not a crash of the rule: the inputs exceed the limits of the run
            raise
        except Exception as error:
            crash = cc901_rule_crash.finding(rule, error, facts)
            findings[order(crash)] = crash
            faults.append(Fault(f"rule {rule.id}", crash.message, traceback.format_exc()))
    return tuple(found for _, found in sorted(findings.items(), key=lambda item: item[0])), tuple(faults)


def _seen(facts: Facts) -> frozenset[Kind]:
    """The kinds of all problems and notes."""
    kinds: set[Kind] = {problem.kind for problem in problems(facts)}
    return frozenset(kinds | {type(note) for _, note in notes(facts)})


def order(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are reported: by severity, worst first, then by place, then by rule."""
    return (_WORST_FIRST[finding.severity], finding.location, finding.rule, finding.message)


_WORST_FIRST = {severity: rank for rank, severity in enumerate((Severity.ERROR, Severity.WARNING, Severity.INFO))}


def find(name: str) -> Rule | None:
    """The rule with this ID (`CC401`, in either case) or name (`shared-colors`)."""
    wanted = (listed for listed in LISTED if name.upper() == listed.id or name.lower() == listed.name)
    return next((rule_of(listed) for listed in wanted), None)
