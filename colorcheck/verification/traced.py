"""A requirement with its evidence: values that `requirements` creates and reports show."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.source import Location


class Standing(StrEnum):
    """The status of a requirement, or of one piece of evidence for it."""

    MET = "met"
    VIOLATED = "violated"
    OPEN = "open"  # not known, or the policy allows an exception
    NO_EVIDENCE = "no-evidence"  # a pattern matches nothing


_WORST = (Standing.VIOLATED, Standing.NO_EVIDENCE, Standing.OPEN, Standing.MET)


class EvidenceKind(StrEnum):
    """The kinds of evidence."""

    THEOREM = "theorem"
    RULE = "rule"
    EXCEPTION = "exception"  # a pair that the policy allows to share
    NOTHING = "nothing"


class Evidence(Struct, frozen=True):
    """One match of a pattern: a theorem under a release of Xen, a rule (`release` is empty), or nothing.

    `subject` is the ID of the theorem or the rule, or the pair; `told` gives the result in words.
    """

    pattern: str
    kind: EvidenceKind
    subject: str
    standing: Standing
    told: str
    release: str = ""

    def to_dict(self) -> dict[str, object]:
        return {
            "pattern": self.pattern,
            "kind": str(self.kind),
            "subject": self.subject,
            "xen": self.release or None,
            "status": str(self.standing),
            "told": self.told,
        }


class Traced(Struct, frozen=True):
    """A requirement with all evidence for it, in the order of its patterns."""

    id: str
    patterns: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    location: Location

    @property
    def standing(self) -> Standing:
        """The status of its weakest evidence."""
        return min((each.standing for each in self.evidence), key=_WORST.index, default=Standing.NO_EVIDENCE)

    def weakest(self) -> tuple[Evidence, ...]:
        """The evidence that keeps it from being met; all evidence if it is met."""
        return tuple(each for each in self.evidence if each.standing is self.standing)

    def to_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "status": str(self.standing),
            "patterns": list(self.patterns),
            "evidence": [each.to_dict() for each in self.evidence],
            "location": self.location.to_dict(),
        }


def by_theorem(traced: Iterable[Traced]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The requirements that depend on each theorem, by release and theorem ID."""
    found: dict[tuple[str, str], list[str]] = {}
    for requirement in traced:
        for each in requirement.evidence:
            if each.kind is EvidenceKind.THEOREM:
                found.setdefault((each.release, each.subject), []).append(requirement.id)
    return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}
