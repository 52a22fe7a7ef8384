"""Verdicts over worlds: a proved theorem holds in all of them; samples prove nothing.

The open facts that a theorem depends on decide how it is judged: finite ones by all combinations, ranged ones by the
bound over all placements, opaque ones not at all. Samples of ranges can only show that a theorem depends on them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import TIME_IS_OVER, Assumption, Theorem, TheoremKind, Tried, Trust
from colorcheck.loader.facts import Span
from colorcheck.proof.over_ways import over_ways
from colorcheck.xen.booted import Boot
from colorcheck.xen.worlds.world import ONLY_TAKES, World, Worlds

MOST_SHOWN = 2  # worlds that a theorem carries
OUTSIDE = Assumption(
    "the boot loader loads everything into memory without overlaps",
    "the behavior of U-Boot and UEFI; for modules without a given address",
    Trust.TRUSTED,
)


_ASK_EXISTENCE = (TheoremKind.MEMORY, TheoremKind.MEMORY_ANY_ORDER, TheoremKind.LIFECYCLE_MEMORY)
"""Theorems that imply that a domain exists: they do not hold in a world without it."""

Kinds = frozenset[TheoremKind]
Prover = Callable[[World, Boot, str, Kinds | None], tuple[Theorem, ...]]
"""Proves the theorems of these kinds (None for all) of a boot in a world; a non-empty text means that the boot is a
bound over all placements, and how it was found.
"""


class _Group(Struct, frozen=True):
    """Theorems that depend on the same open facts."""

    names: frozenset[str]
    theorems: tuple[Theorem, ...]

    @property
    def kinds(self) -> Kinds:
        return frozenset(theorem.kind for theorem in self.theorems)


def over_worlds(worlds: Worlds, prove: Prover, deadline: float | None = None) -> tuple[Theorem, ...]:
    """The theorems of the base world, each with the verdict over all worlds of the open facts on which it depends.

    A theorem undecided when `time.monotonic` passes `deadline` is unknown.
    """
    found = _in_own_worlds(worlds, prove, deadline)
    if not worlds.branches:
        return found
    return over_ways(worlds, found, lambda other: _in_own_worlds(other, prove, deadline))


def _in_own_worlds(worlds: Worlds, prove: Prover, deadline: float | None) -> tuple[Theorem, ...]:
    """The theorems over all worlds of one way through the boot script."""
    booted = worlds.base.boot
    if booted is None:
        return ()
    prove = _once(prove)
    found = prove(worlds.base, booted, "", None)
    judged = {theorem.id: theorem for theorem in found}
    for group in _groups(found, worlds.open):
        if group.names:
            judged |= {theorem.id: theorem for theorem in _judged(worlds, prove, group, deadline)}
    return tuple(judged[theorem.id] for theorem in found)


def _once(prove: Prover) -> Prover:
    """The same prover with a cache: a world and a text identify a boot."""
    known: dict[tuple[int, str, Kinds | None], tuple[Theorem, ...]] = {}

    def proved(world: World, boot: Boot, bounded: str, kinds: Kinds | None) -> tuple[Theorem, ...]:
        for key in ((id(world), bounded, None), (id(world), bounded, kinds)):
            if key in known:
                return known[key]
        known[id(world), bounded, kinds] = found = prove(world, boot, bounded, kinds)
        return found

    return proved


def _groups(theorems: Iterable[Theorem], unknown: Collection[str]) -> Iterator[_Group]:
    groups: dict[frozenset[str], list[Theorem]] = {}
    for theorem in theorems:
        groups.setdefault(frozenset(theorem.facts).intersection(unknown), []).append(theorem)
    for names, members in groups.items():
        yield _Group(names, tuple(members))


def _judged(worlds: Worlds, prove: Prover, group: _Group, deadline: float | None) -> Iterator[Theorem]:
    """The verdicts of a group, including facts that its theorems read only in some worlds."""
    while True:
        judge = _Judge(worlds, prove, group, deadline)
        more = judge.met() - group.names
        if not more:
            return judge.judged()
        group = replace(group, names=group.names | more)


class _Judge:
    """Judges the theorems of a group."""

    def __init__(self, worlds: Worlds, prove: Prover, group: _Group, deadline: float | None) -> None:
        self.worlds, self.prove, self.group, self.deadline = worlds, prove, group, deadline
        facts = [worlds.open[name] for name in sorted(group.names)]
        self.finite = frozenset(fact.what for fact in facts if isinstance(fact.values, tuple))
        self.ranged = [fact for fact in facts if isinstance(fact.values, Span)]
        self.opaque = [fact for fact in facts if fact.opaque]

    @property
    def late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def judged(self) -> Iterator[Theorem]:
        combined = self._combinations()
        bounded = self._bounded(combined) if self.ranged and not self.opaque and combined else {}
        opaque = {fact.what for fact in self.opaque}
        bounded_above = combined and (self.ranged or opaque) and ONLY_TAKES.issuperset(opaque)
        refuted = self._refuted(combined) if combined and bounded_above else {}
        waiting: list[Theorem] = []
        for theorem in self.group.theorems:
            if combined is not None and not self.ranged and not self.opaque:
                yield self._by_combinations(theorem, combined)
            elif theorem.id in bounded:
                yield bounded[theorem.id]
            elif theorem.id in refuted:
                yield refuted[theorem.id]
            else:
                waiting.append(theorem)
        if waiting:
            yield from self._undecided(waiting)

    def met(self) -> frozenset[str]:
        """The open facts on which the theorems depend in any combination of the finite facts."""
        if self.opaque or not self.finite:
            return frozenset()  # undecided anyway, or judged in the base world
        ids = {theorem.id for theorem in self.group.theorems}
        found: set[str] = set()
        for world in self._combinations() or ():
            if self.late or world.boot is None:
                continue
            for theorem in self.prove(world, world.boot, "", self.group.kinds):
                found.update(theorem.facts if theorem.id in ids else ())
        return frozenset(found & set(self.worlds.open))

    def _combinations(self) -> tuple[World, ...] | None:
        """A world for each combination of the finite facts; ranged and opaque ones have a usual value.

        None if there are too many.
        """
        return self.worlds.combinations(self.finite, self.deadline)

    def _by_combinations(self, theorem: Theorem, combined: tuple[World, ...]) -> Theorem:
        seen = [(world, self._in(world, theorem)) for world in combined]
        verdicts = {each.verdict for _, each in seen if each is not None} - {Verdict.VACUOUS}
        if any(each is None for _, each in seen):
            return self._unknown(theorem, self._blocking(), seen)
        if not verdicts:
            return theorem
        absent = theorem.kind in _ASK_EXISTENCE and any(each.verdict is Verdict.VACUOUS for _, each in seen if each)
        if len(verdicts) == 1 and not (absent and Verdict.PROVED in verdicts):
            chosen = next(each for _, each in seen if each is not None and each.verdict in verdicts)
            facts = sorted({*theorem.facts, *self.group.names})
            return replace(chosen, facts=tuple(facts), worlds=self._shown(seen))
        return self._unknown(theorem, "", seen)

    def _in(self, world: World, theorem: Theorem) -> Theorem | None:
        if world.boot is None:
            return None
        return next(
            (each for each in self.prove(world, world.boot, "", self.group.kinds) if each.id == theorem.id), None
        )

    def _bounded(self, combined: tuple[World, ...]) -> dict[str, Theorem]:
        """Theorems that hold if the least is free and the most is needed, under every combination of the finite
        facts.
        """
        proved: dict[str, Theorem] | None = None
        for world in combined:
            worst = self.worlds.worst(world)
            if worst is None:
                return {}
            boot, why = worst
            here = {
                theorem.id: replace(theorem, bound=why, assumptions=(*theorem.assumptions, OUTSIDE))
                for theorem in self.prove(world, boot, why, self.group.kinds)
                if theorem.verdict is Verdict.PROVED
            }
            proved = here if proved is None else {name: each for name, each in proved.items() if name in here}
        return proved or {}

    def _refuted(self, combined: tuple[World, ...]) -> dict[str, Theorem]:
        """Theorems that fail even if the most is free and the least is needed: they fail everywhere."""
        found: dict[str, Theorem] | None = None
        for world in combined:
            best = self.worlds.best(world)
            if best is None:
                return {}
            why = "even if only the given items took memory"
            here = {
                theorem.id: replace(theorem, bound=why)
                for theorem in self.prove(world, best, why, self.group.kinds)
                if theorem.verdict is Verdict.REFUTED
            }
            found = here if found is None else {name: each for name, each in found.items() if name in here}
        return found or {}

    def _undecided(self, theorems: list[Theorem]) -> Iterator[Theorem]:
        """Two worlds with different verdicts, if found; otherwise the facts that prevent a verdict."""
        seen: dict[str, list[tuple[World, Theorem | None]]] = {theorem.id: [] for theorem in theorems}
        for world in self.worlds.tried(self.group.names):
            if self.late:
                break
            if world.boot is None:
                continue
            here = {theorem.id: theorem for theorem in self.prove(world, world.boot, "", self.group.kinds)}
            for name, worlds in seen.items():
                worlds.append((world, here.get(name)))
            if all(_differ(worlds) for worlds in seen.values()):
                break
        for theorem in theorems:
            worlds = seen[theorem.id]
            yield self._unknown(theorem, "" if _differ(worlds) else self._blocking(), worlds)

    def _blocking(self) -> str:
        if self.late:
            return TIME_IS_OVER
        whys = [fact.why for fact in (*self.opaque, *self.ranged)] or [
            self.worlds.open[name].why for name in sorted(self.finite)
        ]
        return "; ".join(dict.fromkeys(whys))

    def _unknown(self, theorem: Theorem, why: str, seen: list[tuple[World, Theorem | None]]) -> Theorem:
        shown = self._shown(seen)
        settle = tuple(
            dict.fromkeys(line for name in sorted(self.group.names) for line in self.worlds.open[name].settle)
        )
        texts = [f"{_word(world)} with {world.in_words(shown)}" for world in shown]
        reason = why if len(shown) < MOST_SHOWN or why else f"it depends: {'; '.join(texts)}"
        return replace(
            theorem, verdict=Verdict.UNKNOWN, reason=reason, worlds=shown, settle=settle, witness=None, certificate=None
        )

    def _shown(self, seen: list[tuple[World, Theorem | None]]) -> tuple[Tried, ...]:
        """A world for each verdict that was found; of two different verdicts, the pair of worlds with the smallest
        difference.
        """
        met: dict[Verdict, dict[tuple[tuple[str, str], ...], Tried]] = {}
        for world, theorem in seen:
            if theorem is not None:
                known = set(world.chosen) | set(self.worlds.facts.met)
                names = sorted(self.group.names & known)
                values = tuple((name, _text(self.worlds.value(world, name))) for name in names)
                met.setdefault(theorem.verdict, {}).setdefault(values, Tried(values, theorem.verdict, theorem.reason))
        holding, failing = met.get(Verdict.PROVED, {}), met.get(Verdict.REFUTED, {})
        if holding and failing:
            pairs = ((len(set(a) ^ set(b)), holding[a], failing[b]) for a in holding for b in failing)
            return min(pairs, key=lambda pair: pair[0])[1:]
        return tuple(next(iter(worlds.values())) for worlds in met.values())[:MOST_SHOWN]


def _differ(seen: list[tuple[World, Theorem | None]]) -> bool:
    verdicts = {theorem.verdict for _, theorem in seen if theorem is not None}
    return {Verdict.PROVED, Verdict.REFUTED} <= verdicts


def _word(world: Tried) -> str:
    return {Verdict.PROVED: "holds", Verdict.REFUTED: "fails"}.get(world.verdict, str(world.verdict))


def _text(value: object) -> str:
    """A value for people: addresses and sizes in hexadecimal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:#x}"
    address, size = getattr(value, "address", None), getattr(value, "size", None)
    return f"{size:#x} bytes at {address:#x}" if isinstance(size, int) and isinstance(address, int) else str(value)
