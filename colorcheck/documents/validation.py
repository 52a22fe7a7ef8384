"""The result of `validate`: the outcome of each measured case, and the number that agree for each kind and area."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class CaseStanding(StrEnum):
    """The outcome of a measured case."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KNOWN = "known-difference"  # a known difference for this release


class Judged(Struct, frozen=True):
    """One case. `difference` describes the difference; `note` why it is known."""

    kind: str
    name: str
    xen: str
    area: str
    standing: CaseStanding
    difference: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "name": self.name,
            "xen": self.xen or None,
            "area": self.area,
            "status": str(self.standing),
            "difference": self.difference,
            "note": self.note,
        }


class Validation(Struct, frozen=True):
    """All judged cases.

    `tool` and `environment` identify the installation; `every`: only one in this many cases was judged.
    """

    tool: Mapping[str, object]
    environment: Mapping[str, str]
    cases: tuple[Judged, ...]
    every: int = 1

    def counts(self) -> dict[tuple[str, str], dict[CaseStanding, int]]:
        """By kind and area, the number of cases with each outcome."""
        found: dict[tuple[str, str], dict[CaseStanding, int]] = {}
        for case in self.cases:
            row = found.setdefault((case.kind, case.area), dict.fromkeys(CaseStanding, 0))
            row[case.standing] += 1
        return found

    def count(self, standing: CaseStanding) -> int:
        return sum(case.standing is standing for case in self.cases)

    def to_dict(self) -> dict[str, object]:
        """The document `colorcheck/validate/1`. Cases that agree are counted, the others listed."""
        rows = [
            {"kind": kind, "area": area, **{str(standing): count for standing, count in row.items()}}
            for (kind, area), row in self.counts().items()
        ]
        return {
            "schema": "colorcheck/validate/1",
            "tool": dict(self.tool),
            "environment": dict(self.environment),
            "every": self.every,
            "summary": {str(standing): self.count(standing) for standing in CaseStanding},
            "areas": rows,
            "differences": [case.to_dict() for case in self.cases if case.standing is not CaseStanding.AGREES],
        }
