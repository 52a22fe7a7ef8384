"""The subject of a proof: a deployment's effective system, its boot, the board, and values derived from them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import chain, count
from math import gcd

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Confidence
from colorcheck.core.source import Location
from colorcheck.core.theorem import Assumption, Theorem, Trust
from colorcheck.core.units import PAGE
from colorcheck.hardware.affinity import cache_groups
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.index import Linear
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.loader.facts import OpenFact
from colorcheck.xen.booted import Boot
from colorcheck.xen.facts.keys import MEMORY
from colorcheck.xen.release.releases import MODELLED
from colorcheck.xen.system import Domain, System

XEN = "xen"
MOST_TERMS = 32
WIDEST_ADDRESS = 52  # the Arm architecture's largest physical address size, without LPA2 beyond it


class SharedCache(Struct, frozen=True):
    """A cache that domains share. `cpus` are Xen's numbers of the CPUs that use it; None if any of them may."""

    id: str
    label: str
    cache: Cache | None
    cpus: frozenset[int] | None
    assumption: Assumption

    def frames_apart(self, nr_colors: int) -> int:
        """The largest m that is known without a solver such that colors that differ modulo m are separate in this
        cache. A linear index maps frame f to f mod n_k, Xen to f mod `nr_colors`; both respect their greatest common
        divisor. For other indexes the solver has to judge Xen's own colors.
        """
        index = self.cache.index if self.cache else None
        if isinstance(index, Linear) and index.line * index.sets % PAGE == 0:
            return gcd(nr_colors, index.line * index.sets // PAGE)
        return nr_colors


class Party(Struct, frozen=True):
    """An owner of frames: a domain, or Xen with its image."""

    name: str
    colors: ColorSet
    location: Location
    domain: Domain | None = None

    @property
    def label(self) -> str:
        return f"domain {self.name}" if self.domain else "Xen's image"


class Context(Struct, frozen=True, dict=True):
    """The input of all families of theorems. `each` is the time limit per theorem, in seconds."""

    system: System
    booted: Boot
    board: Board | None
    policy: PlanPolicy
    each: float
    smt: bool = False
    bounded: str = ""  # how the boot was found, if it is a bound over all placements
    record: set[str] = field(default_factory=set)
    frames_of: dict[str, tuple[int, ...]] = field(default_factory=dict)  # some frames of each party, cached
    frames_by_set: dict[tuple[str, int], dict[int, list[int]]] = field(default_factory=dict)
    deadline: float | None = None  # in terms of `time.monotonic`, for the whole run
    alternatives: tuple[Domain, ...] = ()  # of the guests (one-of), including those that run here

    @property
    def timeout(self) -> float:
        """Seconds that a theorem may take now; 0 if the time of the whole run is over."""
        return self.each if self.deadline is None else max(0.0, min(self.each, self.deadline - time.monotonic()))

    @property
    def boot(self) -> Boot:
        """The boot; records that a theorem that uses it depends on the memory layout."""
        self.record.update(self.booted.reads)
        return self.booted

    def recording(self, theorems: Iterable[Theorem]) -> tuple[Theorem, ...]:
        """The theorems with the facts that their proofs read."""
        self.record.clear()
        found = tuple(theorems)
        facts = self.system.reads | self.record
        return tuple(replace(theorem, facts=tuple(sorted(facts.union(theorem.facts)))) for theorem in found)

    def asks_solver(self, terms: int) -> bool:
        """Whether a question about counts of frames with this many terms goes to the solver; a larger one is
        decided by sums and flows, which give the same answer and are checked in the same way.
        """
        return terms <= MOST_TERMS

    @property
    def modelled(self) -> bool:
        return self.system.release.modelled

    @property
    def not_modelled(self) -> str:
        known = ", ".join(MODELLED)
        return f"how {self.system.release.title} hands out memory is not modelled (modelled: {known})"

    @cached_property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """All DRAM, that of the board and that of the boot, as merged (start, end) addresses; every address if the
        memory is not known.
        """
        if MEMORY.name in self.system.unknown:
            return ((0, 1 << self._address_bits),)
        known = [(start, start + size) for start, size in self.board.dram if size > 0] if self.board else []
        prepared = self.system.preparation
        if prepared is not None:
            known += prepared.machine.spans
        else:
            known += [(i.start * PAGE, i.end * PAGE) for i in self.booted.memory_map if i.end > i.start]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(known):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return tuple(merged) or ((0, 1 << self._address_bits),)

    @property
    def xen_region(self) -> tuple[int, int] | None:
        """The frames [start, end) of the region that Xen moves to; None if not known."""
        region = self.boot.xen_region
        return (region[0] // PAGE, region[1] // PAGE) if region else None

    @property
    def _address_bits(self) -> int:
        return (self.board.pa_bits if self.board else None) or WIDEST_ADDRESS

    @cached_property
    def width(self) -> int:
        """The number of address bits: no range of DRAM exceeds them."""
        return max(self._address_bits, (self.ranges[-1][1] - 1).bit_length())

    @cached_property
    def caches(self) -> tuple[SharedCache, ...]:
        return _shared_caches(self.board) if self.board else ()

    @cached_property
    def cpus(self) -> frozenset[int] | None:
        """All CPUs of the board; None if their numbers are not certain."""
        numbers = [shared.cpus for shared in self.caches if shared.id != "system"]
        known = [each for each in numbers if each is not None]
        return frozenset().union(*known) if known and len(known) == len(numbers) else None

    @property
    def cpus_are_facts(self) -> bool:
        """Whether the boot CPU and the build, which determine the numbers of CPUs and the pools, are known."""
        self.record.update(self.system.cpu_reads)
        return not any(isinstance(fact, OpenFact) and fact.undecided for fact in self.system.cpu_facts)

    @cached_property
    def parties(self) -> tuple[Party, ...]:
        """Xen first, then the domains; a repeated name is made unique by the domain's number."""
        system = self.system
        counts = Counter((XEN, *(domain.name for domain in system.domains)))
        taken = set(counts)
        found = [Party(XEN, ColorSet.of(system.xen_colors), system.xen_location)]
        for domain in system.domains:
            alone = counts[domain.name] == 1
            name = domain.name if alone else unique(f"{domain.name}#{domain.id}", taken)
            taken.add(name)
            found.append(Party(name, ColorSet.of(domain.colors), domain.location, domain))
        return tuple(found)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each party by its name: 0 for Xen."""
        return {party.name: number for number, party in enumerate(self.parties)}


def unique(name: str, taken: Collection[str]) -> str:
    """The name, with a number appended if it is taken: proofs identify domains by name."""
    numbered = (f"{name}#{number}" for number in count(2))
    return next(each for each in chain((name,), numbered) if each not in taken)


def _shared_caches(board: Board) -> tuple[SharedCache, ...]:
    found = []
    for group in cache_groups(board):
        clusters = [board.clusters[number] for number in group.clusters]
        sure = all(cluster.sources and cluster.confidence is not Confidence.LOW for cluster in clusters)
        trust = Trust.DOCUMENTED if sure else Trust.TRUSTED
        sources = dict.fromkeys(source for cluster in clusters for source in cluster.sources)
        text = f"the {group.label} is {_geometry(group.cache)}"
        taken = Assumption(text, ", ".join(sources) or f"board {board.name}", trust)
        found.append(SharedCache(f"cluster{group.clusters[0]}", group.label, group.cache, group.cpus, taken))
    if board.system_cache is not None:
        cache = board.system_cache
        text = f"the system cache is {_geometry(cache)}"
        source = ", ".join(board.sources) or f"board {board.name}"
        taken = Assumption(text, source, Trust.TRUSTED)
        found.append(SharedCache("system", f"system cache (L{cache.level})", cache, None, taken))
    return tuple(found)


def _geometry(cache: Cache | None) -> str:
    if cache is None:
        return "unknown"
    match cache.index:
        case Linear(line, sets):
            return f"indexed by (address / {line}) mod {sets}"
        case other if other.masks() is not None:
            return f"indexed by the parities of {len(other.masks() or ())} groups of address bits"
        case _:
            return "indexed in an unknown way"
