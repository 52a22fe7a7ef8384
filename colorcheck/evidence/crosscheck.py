"""Compares proof and replay: a disagreement is a fault of colorcheck, never of the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.core.units import PAGE
from colorcheck.core.witness import CacheLine, FailingOrder, LineMeeting, PairWitness
from colorcheck.hardware.affinity import shared_caches
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.index import KnownIndex, UnknownIndex
from colorcheck.hardware.sets_of_frames import sets_of_frame, sets_of_frames
from colorcheck.replay.changes import in_order
from colorcheck.replay.witness import XEN, colors_of, frames_of
from colorcheck.verification.results import Fault, ReleaseResult
from colorcheck.xen.booted import Boot
from colorcheck.xen.facts.keys import BRANCH
from colorcheck.xen.kinds import FailureKind, MapUse
from colorcheck.xen.worlds.branches import AS_SHOWN

_FRAMES = 4  # of each color; more would only repeat the same index values


class CrossChecked(Struct, frozen=True):
    """The theorems with witnesses from the replay for refutations, and all disagreements."""

    theorems: tuple[Theorem, ...]
    faults: tuple[Fault, ...]


def cross_check(result: ReleaseResult, board: Board | None) -> CrossChecked:
    """Check every theorem about pairs and about memory with the frames that the boot allocated."""
    boot = result.boot
    if boot is None or board is None or not boot.system.coloring:
        return CrossChecked(result.theorems, ())
    replayed = _Replayed(boot, board)
    theorems = tuple(each if _elsewhere(each) else replayed.with_witness(each) for each in result.theorems)
    said = (text for theorem in theorems if not _elsewhere(theorem) for text in replayed.disagreements(theorem))
    return CrossChecked(theorems, tuple(Fault(f"proof and replay, Xen {result.release}", text) for text in said))


def _elsewhere(theorem: Theorem) -> bool:
    """Whether the theorem is refuted on another way than the replayed one: with another alternative."""
    ways = [dict(tried.values).get(BRANCH.name) for tried in theorem.worlds if tried.verdict is Verdict.REFUTED]
    return theorem.verdict is Verdict.REFUTED and any(ways) and AS_SHOWN not in ways


class _Replayed:
    def __init__(self, boot: Boot, board: Board) -> None:
        self.boot = boot
        self.board = board
        self.domains = {built.domain.name: built for built in boot.built}
        self.names = Counter(built.domain.name for built in boot.built)
        self.sets = cache(self._sets)
        self.possible = cache(self._possible)
        self.holder = cache(self._holder)

    def disagreements(self, theorem: Theorem) -> Iterator[str]:
        if theorem.kind is TheoremKind.PAIR_SEPARATION:
            yield from self._pair(theorem)
        elif theorem.kind is TheoremKind.MEMORY_ANY_ORDER:
            yield from self._order(theorem)
        elif theorem.id.startswith("memory/") and theorem.subjects[0] in self.domains:
            built = self.domains[theorem.subjects[0]]
            lacks = built.failure is not None and built.failure.kind is FailureKind.DOMAIN_MEMORY
            if theorem.verdict is Verdict.PROVED and not built.created and lacks:
                yield f"{theorem.id} is proved, but the replay has no memory for {theorem.subjects[0]}"
            if theorem.verdict is Verdict.REFUTED and built.created:
                yield f"{theorem.id} is refuted, but the replay builds {theorem.subjects[0]}"

    def _order(self, theorem: Theorem) -> Iterator[str]:
        """Check that an order of creation that refutes a theorem fails in the replay."""
        witness = theorem.witness
        if theorem.verdict is not Verdict.REFUTED or not isinstance(witness, FailingOrder):
            return
        after = in_order(self.boot, list(witness.order))
        if after is not None and all(built.created for built in after.built if built.domain.name in theorem.subjects):
            listed = ", ".join(witness.order)
            yield f"{theorem.id} is refuted, but the replay of {listed} builds {theorem.subjects[0]}"

    def with_witness(self, theorem: Theorem) -> Theorem:
        """A refuted pair with two frames of the replay that meet."""
        if (
            theorem.kind is not TheoremKind.PAIR_SEPARATION
            or theorem.verdict is not Verdict.REFUTED
            or not self._built(theorem)
        ):
            return theorem
        first, second = theorem.subjects
        for known in self._caches(theorem):
            common = self.sets(first, known) & self.sets(second, known)
            if common and not isinstance(known.index, UnknownIndex):
                chosen = min(common)
                lines = [self._line(owner, known.index, chosen) for owner in (first, second)]
                own = theorem.witness if isinstance(theorem.witness, PairWitness) else PairWitness()
                return replace(theorem, witness=replace(own, replay=LineMeeting(lines[0], lines[1], chosen)))
        return theorem

    def _line(self, owner: str, index: KnownIndex, chosen: int) -> CacheLine:
        """A line of an owner's frames in this set, which is one of its sets."""
        nr_colors = self.boot.system.nr_colors or 1
        mfn = self.holder(owner, index, chosen)
        step = min(index.line, PAGE)
        address = next(a for a in range(mfn * PAGE, (mfn + 1) * PAGE, step) if index.set_of(a) == chosen)
        return CacheLine(owner, mfn, mfn % nr_colors, address)

    def _holder(self, owner: str, index: KnownIndex, chosen: int) -> int:
        """The first of an owner's frames with a line in this set."""
        return next(mfn for mfn in self._frames(owner) if chosen in sets_of_frame(index, mfn))

    def _frames(self, owner: str) -> Iterator[int]:
        return (mfn for color in colors_of(self.boot, owner) for mfn in frames_of(self.boot, owner, color, _FRAMES))

    def _pair(self, theorem: Theorem) -> Iterator[str]:
        if not self._built(theorem):
            return
        first, second = theorem.subjects
        met = any(self.sets(first, known) & self.sets(second, known) for known in self._caches(theorem))
        if theorem.verdict is Verdict.PROVED and met:
            yield f"{theorem.id} is proved, but in the replay frames of {first} and {second} meet in a set"
        witness = theorem.witness
        given = (
            isinstance(witness, PairWitness) and witness.given is not None
        )  # given by address, not a frame of a heap
        if (
            theorem.verdict is Verdict.REFUTED
            and not given
            and not met
            and not self._could_meet(first, second, theorem)
        ):
            yield f"{theorem.id} is refuted, but no frames that {first} and {second} could get meet in a set"

    def _could_meet(self, first: str, second: str, theorem: Theorem) -> bool:
        """Whether frames of their colors meet, allocated or not; true if the index of a cache is unknown."""
        system = self.board.system_cache  # behind the caches of the clusters, for all CPUs
        caches = (*self._caches(theorem), *((system,) if system is not None else ()))
        unknown = any(isinstance(known.index, UnknownIndex) for known in caches)
        return unknown or any(self.possible(first, known) & self.possible(second, known) for known in caches)

    def _built(self, theorem: Theorem) -> bool:
        """Whether both have frames and unique names."""
        names = self.names
        return all(
            (name == XEN and XEN not in names) or (names[name] == 1 and self.domains[name].created)
            for name in theorem.subjects
        ) and all(colors_of(self.boot, name) for name in theorem.subjects)

    def _caches(self, theorem: Theorem) -> tuple[Cache, ...]:
        cpus = [
            frozenset(self.domains[name].domain.cpus or ()) or None if name in self.domains else None
            for name in theorem.subjects
        ]
        return tuple(group.cache for group in shared_caches(self.board, cpus[0], cpus[1]) if group.cache)

    def _sets(self, owner: str, known: Cache) -> frozenset[int]:
        if isinstance(known.index, UnknownIndex):
            return frozenset()
        return sets_of_frames(known.index, self._frames(owner))

    def _possible(self, owner: str, known: Cache) -> frozenset[int]:
        """The cache sets of frames that an owner's colors allow, wherever the color heap starts."""
        if owner == XEN or isinstance(known.index, UnknownIndex):
            return self._sets(owner, known)
        nr_colors = self.boot.system.nr_colors or 1
        colors = {color % nr_colors for color in self.domains[owner].domain.colors}
        heap = [part for part in self.boot.memory_map if part.use is MapUse.COLOR_HEAP]
        near = (range(part.start, min(part.end, part.start + _FRAMES * nr_colors)) for part in heap)
        return sets_of_frames(known.index, (mfn for frames in near for mfn in frames if mfn % nr_colors in colors))
