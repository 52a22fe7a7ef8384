"""Residue: what domains still share although their colors are disjoint, and the grade that follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from colorcheck.diagnostic import Verdict
from colorcheck.results import Facts, Outlook
from colorcheck.value import dataclass

PAGE = 4096
SEPARATION = "separation"  # how the names of the kinds of separation theorems end

GRADES = {
    "A": "proved apart; only Xen's own uncolored memory and the bus, DRAM and miss registers are shared",
    "B": "proved apart, but memory outside of the colors is shared by the configuration",
    "C": "apart except where the policy allows sharing",
    "D": "not proved: a separation stayed undecided",
    "E": "shared: a separation is refuted, or nothing is colored",
}


@dataclass(frozen=True, slots=True)
class Remainder:
    """One thing that stays shared: `what` it is, how many `pages` (None: not known or not a matter of pages), `why`."""

    what: str
    why: str
    pages: int | None = None

    def to_dict(self) -> dict[str, object]:
        return {"what": self.what, "why": self.why, "pages": self.pages}


@dataclass(frozen=True, slots=True)
class Residue:
    """The grade of isolation under one Xen, with the reason, and all that stays shared."""

    line: str
    grade: str
    reason: str
    remainders: tuple[Remainder, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "xen": self.line,
            "grade": self.grade,
            "meaning": GRADES[self.grade],
            "reason": self.reason,
            "remainders": [remainder.to_dict() for remainder in self.remainders],
        }


def residues(facts: Facts) -> tuple[Residue, ...]:
    """The residue under each Xen whose options could be understood; one for all Xens under which it is the same."""
    found: dict[object, list[Residue]] = {}
    for outlook in facts.outlooks:
        if outlook.system is not None:
            made = _residue(facts, outlook)
            found.setdefault((made.grade, made.reason, made.remainders), []).append(made)
    return tuple(replace(same[0], line=", ".join(each.line for each in same)) for same in found.values())


def _residue(facts: Facts, outlook: Outlook) -> Residue:
    remainders = tuple(_remainders(facts, outlook))
    grade, reason = _grade(facts, outlook, remainders)
    return Residue(outlook.line, grade, reason, remainders)


def _grade(facts: Facts, outlook: Outlook, remainders: tuple[Remainder, ...]) -> tuple[str, str]:
    """The worst grade that applies, and why."""
    separations = [theorem for theorem in outlook.theorems if theorem.kind.endswith(SEPARATION)]
    refuted = [theorem for theorem in separations if theorem.verdict is Verdict.REFUTED]
    open_ones = [theorem for theorem in separations if theorem.verdict is not Verdict.PROVED]
    if not outlook.colored:
        return "E", "cache coloring is off: every domain may use every set of the cache"
    if refuted:
        return "E", f"refuted: {refuted[0].statement}" + _more(len(refuted) - 1)
    if open_ones or not separations:
        return "D", f"not proved: {open_ones[0].statement}" + _more(
            len(open_ones) - 1
        ) if open_ones else "nothing proved"
    shares = facts.manifest.policy.shares
    if shares:
        told = "; ".join(f"{' and '.join(share.domains)} ({share.reason})" for share in shares)
        return "C", f"the policy lets share: {told}"
    crossing = [remainder for remainder in remainders if remainder.what in _CONFIGURED.values()]
    if crossing:
        return "B", f"{crossing[0].what} crosses the colors" + _more(len(crossing) - 1)
    return "A", "every separation is proved"


_CONFIGURED = {
    "static-shared-memory": "static shared memory",
    "passthrough-memory": "memory passed through",
}


def _remainders(facts: Facts, outlook: Outlook) -> Iterator[Remainder]:
    if not outlook.colored:
        yield Remainder("the whole cache", "without coloring nothing is partitioned")
        return
    boot = outlook.boot
    if boot is not None:
        yield Remainder(
            "uncolored (buddy) heap",
            "frames of every color: P2M roots, grant frames, vCPU state, shared info pages, Xen's heap and page tables",
            boot.buddy_initial_pages,
        )
        modules = sum(interval.pages for interval in boot.memory_map if interval.use == "module")
        if modules:
            yield Remainder("boot modules", "frames of every color; after boot they go to the uncolored heap", modules)
    for kind, what in _CONFIGURED.items():
        yield from (
            Remainder(what, note.message)
            for stage in (outlook.system, boot)
            for note in (stage.notes if stage else ())
            if note.kind == kind
        )
    if facts.board is not None and facts.board.system_cache is not None:
        yield Remainder("system cache", "a cache behind the one that is colored; its index is not part of the proof")
    yield Remainder(
        "bus, DRAM, miss registers, write-back path",
        "coloring does not partition them: measured, an attack still cost 15 % of run time (44 % at worst)",
    )


def _more(count: int) -> str:
    return f", and {count} more" if count > 0 else ""
