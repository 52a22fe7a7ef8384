"""The edits that `--fix` makes: those of all findings that do not conflict."""

from __future__ import annotations

from collections.abc import Iterable

from colorcheck.core.diagnostic import Edit, Finding
from colorcheck.core.source import Location


def fixes(findings: Iterable[Finding]) -> tuple[Edit, ...]:
    """The edits of all findings, for each finding all or none; if edits of findings overlap, the first finding wins."""
    taken: list[Edit] = []
    for finding in findings:
        wanted = [edit for edit in finding.fix if edit not in taken]
        if not any(_overlap(edit.location, other.location) for edit in wanted for other in taken):
            taken += wanted
    return tuple(taken)


def _overlap(one: Location, other: Location) -> bool:
    if one.file != other.file:
        return False
    first, second = sorted(((p.line, p.column), (p.end_line, p.end_column)) for p in (one, other))
    return second[0] < first[1] or second[0] == first[0]
