"""Something is wrong with an input.

What it checks: that every problem of a reader is reported: everything that no other rule covers.

Why it matters: text that was not read as written was not checked as written.

What it cannot see: anything that the readers do not notice.

Source: the reader of the format.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.rules.index import Kind
from colorcheck.rules.rule import Rule, nothing, problems
from colorcheck.verification.results import Facts

SILENT = (ProblemKind.BOARD_BY_COMPATIBLE,)  # the report's head says which board it is


HERE = (  # kinds that have no rule of their own
    ProblemKind.BINARY,
    ProblemKind.DEFAULT_DIFFERS,
    ProblemKind.LFS_POINTER,
    ProblemKind.OUTSIDE,
    ProblemKind.OVERLAY,
    ProblemKind.PREPROCESSOR,
    ProblemKind.UNREAD_GUEST,
    ProblemKind.WARNING,
)


def untaken(facts: Facts, taken: frozenset[Kind]) -> Iterator[Finding]:
    """A finding for each problem of a kind that no built-in rule reports; `taken` are the kinds that one reports."""
    for problem in problems(facts):
        if problem.kind not in taken and problem.kind not in SILENT:
            yield RULE.finding(f"{problem.message} ({problem.kind})", problem.location, problem.help)


RULE = Rule(
    "CC099",
    "input",
    Severity.ERROR,
    __doc__,
    nothing,
    untestable="the catch-all behind the rules for the known kinds of problems",
)
