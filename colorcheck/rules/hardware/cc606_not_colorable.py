"""Colors do not partition this board's last-level cache, or it is not known whether they do.

What it checks: whether the cache that the domains share has an index that is known and linear in the frame number.

Why it matters: Xen's guide says that shuffled indexes are not supported, and Xen does not notice them: it boots, lists
colors, and isolates nothing that can be proved. DynamIQ's L3, CMN and CCN caches are of this kind.

What it cannot see: measurements on your board; if you have any, write a board file with the index function.

Source: the board's notes in the catalogue (`colorcheck board show`), each with its manual.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import colored
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.verification.results import Facts

KINDS = (ProblemKind.DEVICE_TREE_SYSTEM_CACHE,)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if the catalogue does not list the board as colorable, and one for a cache behind the colored one."""
    board = facts.board
    if board is not None and board.colorable != "yes" and colored(facts):
        what = {"no": "is not partitioned by colors", "partly": "is partitioned by colors only in part"}
        yield RULE.finding(
            f"the cache of {board.title} {what.get(board.colorable, 'is not proved to be partitioned by colors')}: "
            f"{board.colorable_reason}",
            facts.manifest.location("target.board"),
            board.hint or "measure the index function and add it to a board file",
        )
    else:
        yield from (from_seen(RULE, facts, what) for what in seen(facts, *KINDS))


RULE = Rule(
    "CC606",
    "not-colorable",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(board="rk3588"),
    good=Example(board="zcu102"),
    kinds=KINDS,
)
