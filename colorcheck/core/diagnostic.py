"""Diagnostics: findings with their severity and confidence, and the verdicts of theorems."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from colorcheck.core.pages import page
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.witness import Witness


class Severity(StrEnum):
    """The severity of a finding for the deployment, independent of the confidence in it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Confidence(StrEnum):
    """The confidence in a finding: `high` if it follows from measured facts, `low` if from documented or likely
    ones.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Verdict(StrEnum):
    """The verdict on a theorem. Only `PROVED` is good news; `UNKNOWN` and `VACUOUS` never count as success."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"


class Problem(Struct, frozen=True):
    """Something a reader met in an input: a value, so that reading goes on with the rest.

    `kind` is the short name by which a rule takes it up (`syntax`, `unreadable`, `include-cycle`, …); the message
    says what was found, `help` what to write instead. `fix` are edits as those of a finding.
    """

    kind: ProblemKind
    message: str
    location: Location
    help: str = ""
    fix: tuple[Edit, ...] = ()


class Related(Struct, frozen=True):
    """A related place of a finding, with a description."""

    location: Location
    message: str


class Edit(Struct, frozen=True):
    """Replace the text at `location` by `new_text`."""

    location: Location
    new_text: str

    def to_dict(self) -> dict[str, object]:
        return {**self.location.to_dict(), "new_text": self.new_text}


class Finding(Struct, frozen=True):
    """One fault of the user's files, with exactly one primary place.

    `witness` is what shows the fault (addresses, frames, sets). `fix` are edits that correct it
    without changing anything else that the file means; empty if no such edit is known to be safe. `about` names
    the domains that it is about, where that matters to tell causes from consequences.
    """

    rule: str
    name: str
    severity: Severity
    message: str
    location: Location
    help: str = ""
    confidence: Confidence = Confidence.HIGH
    related: tuple[Related, ...] = ()
    witness: Witness | None = None
    fix: tuple[Edit, ...] = ()
    about: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return {
            "rule": self.rule,
            "name": self.name,
            "severity": str(self.severity),
            "confidence": str(self.confidence),
            "message": self.message,
            "help": self.help,
            "page": page(self.rule),
            "location": self.location.to_dict(),
            "related": [{**r.location.to_dict(), "message": r.message} for r in self.related],
            "witness": self.witness.to_dict() if self.witness is not None else None,
            "fix": [edit.to_dict() for edit in self.fix],
        }
