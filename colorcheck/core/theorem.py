"""Theorems: claims, their assumptions and verdicts, without a solver."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from colorcheck.core.certificate import Certificate
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.witness import Witness


class TheoremKind(StrEnum):
    """The families of theorems."""

    SET_SEPARATION = "set-separation"
    CAPACITY = "capacity"
    PAIR_SEPARATION = "pair-separation"
    BOOTS = "boots"  # Xen neither panics nor hangs
    ALLOCATOR_INVARIANT = "allocator-invariant"
    PLACEMENT = "placement"
    MEMORY = "memory"
    MEMORY_ANY_ORDER = "memory-any-order"
    LIFECYCLE_MEMORY = "lifecycle-memory"


class Trust(StrEnum):
    """How well supported an assumption is."""

    CHECKED = "checked"  # colorcheck compared it with an input or with another theorem
    MEASURED = "measured"  # this very binary of Xen was booted and compared, often enough
    DOCUMENTED = "documented"  # a manual or a measurement says so
    TRUSTED = "trusted"  # nothing but the user's or the catalogue's word


class Assumption(Struct, frozen=True):
    """An assumption of a theorem in words, with its source and how well it is supported."""

    text: str
    source: str
    trust: Trust

    def to_dict(self) -> dict[str, str]:
        return {"text": self.text, "source": self.source, "trust": str(self.trust)}


class Tried(Struct, frozen=True):
    """A world in which a theorem was tried: the values of its open facts, and its verdict."""

    values: tuple[tuple[str, str], ...]
    verdict: Verdict
    reason: str = ""

    def in_words(self, others: tuple[Tried, ...] = ()) -> str:
        """Its values in words, without those that are the same in all the others."""
        common = set(self.values).intersection(*(other.values for other in others)) if len(others) > 1 else set()
        return ", ".join(f"{name} {value}" for name, value in self.values if (name, value) not in common)

    def to_dict(self) -> dict[str, object]:
        return {"values": dict(self.values), "verdict": str(self.verdict), "reason": self.reason}


TIME_IS_OVER = "the time limit of the run expired before it was decided"
"""The reason of a theorem that is unknown because the time ran out."""


class Theorem(Struct, frozen=True):
    """A claim with its verdict.

    `id` names it (`separation/rt/dom0`), `kind` its family (`set-separation`, `pair-separation`, `memory`, …);
    `statement` says it in words and `mathematics` in symbols. `core` are the places in the input files that cause a
    refutation, or on which a proof rests; `witness` is a counterexample; `reason` says why a verdict is
    unknown or vacuous; `certificate` a counting argument that needs no solver; `smt` the SMT-LIB 2 text, if made.
    `facts` are the names of the facts that it rests on; `worlds` those that were tried where some of them are open;
    `settle` the lines of a manifest that would settle those; `bound` what holds in all worlds, in words.
    """

    id: str
    kind: TheoremKind
    statement: str
    mathematics: str
    subjects: tuple[str, ...]
    verdict: Verdict
    seconds: float = 0.0
    assumptions: tuple[Assumption, ...] = ()
    core: tuple[Related, ...] = ()
    witness: Witness | None = None
    reason: str = ""
    certificate: Certificate | None = None
    smt: str = ""
    facts: tuple[str, ...] = ()
    worlds: tuple[Tried, ...] = ()
    settle: tuple[str, ...] = ()
    bound: str = ""

    @property
    def refutation(self) -> str:
        """The meaning of a refutation of this theorem, in positive words."""
        if self.kind == TheoremKind.PAIR_SEPARATION and len(self.subjects) == 2:
            first, second = ("Xen" if name == "xen" else name for name in self.subjects)
            return f"{first} can evict lines of {second}"
        for holds, fails in _NEGATED:
            if holds in self.statement:
                return self.statement.replace(holds, fails, 1)
        return f"It is not true that {self.statement[:1].lower()}{self.statement[1:]}"

    @property
    def brief(self) -> str:
        """The statement, shortened if its kind implies the rest."""
        if self.kind == TheoremKind.PAIR_SEPARATION and len(self.subjects) == 2:
            first, second = ("Xen" if name == "xen" else name for name in self.subjects)
            return f"{first} and {second} cannot evict each other's lines"
        return self.statement

    def to_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "kind": str(self.kind),
            "statement": self.statement,
            "mathematics": self.mathematics,
            "subjects": list(self.subjects),
            "verdict": str(self.verdict),
            "seconds": round(self.seconds, 6),
            "assumptions": [a.to_dict() for a in self.assumptions],
            "core": [{**r.location.to_dict(), "message": r.message} for r in self.core],
            "witness": self.witness.to_dict() if self.witness is not None else None,
            "reason": self.reason,
            "certificate": self.certificate.to_dict() if self.certificate is not None else None,
            "facts": list(self.facts),
            "worlds": [world.to_dict() for world in self.worlds],
            "settle": list(self.settle),
            "bound": self.bound,
        }


_NEGATED = (
    (" neither panics nor hangs, and builds ", " panics, hangs, or does not build "),
    (" neither panics nor hangs", " panics or hangs"),
    (" fit into ", " do not fit into "),
    (" can be created ", " cannot be created "),
    (" never meet ", " can meet "),
)
