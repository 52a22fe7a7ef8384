"""Something is wrong with an input.

What it checks: that no trouble of a reader goes untold: everything that no other rule takes up.

Why it matters: what was not read as it stands was not checked as it stands.

What it cannot see: nothing beyond what the readers notice.

Source: the reader of the format.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.rules.rule import Rule, problems
from colorcheck.verification.results import Facts

SILENT = (ProblemKind.BOARD_BY_COMPATIBLE,)  # the report's head says which board it is


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each problem of a kind that no built-in rule takes up."""
    from colorcheck.rules import RULES

    known = {kind for rule in RULES for kind in rule.kinds} | set(SILENT)
    for problem in problems(facts):
        if problem.kind not in known:
            yield RULE.finding(f"{problem.message} ({problem.kind})", problem.location, problem.help)


RULE = Rule(
    "CC099",
    "input",
    Severity.ERROR,
    __doc__,
    check,
    untestable="the net below the rules that know the kinds of problems",
)
