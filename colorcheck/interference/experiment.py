"""The input of one simulation: frame owners with their frames, streams of accesses on cores, policy, seed, costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import chain, islice

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.interference.caches import ClusterModel, NoModel
from colorcheck.interference.workloads import Workload, WorkloadKind
from colorcheck.xen.memory.frame_run import FrameRun

MOST_TRACE_PAGES = 1 << 18
MOST_TENANTS = 200


class ReplacementPolicy(StrEnum):
    """How a full set selects the line to evict; the same in all caches of a run."""

    LRU = "lru"
    PLRU = "plru"
    RANDOM = "random"


class Coloring(StrEnum):
    OFF = "off"
    CURRENT = "current"
    PLAN = "plan"


class Costs(Struct, frozen=True):
    """Cycles of an access that is served by the first private cache, the second, the last level, or memory."""

    private: int = 4
    second: int = 12
    last: int = 20
    memory: int = 150
    source: str = "assumed, not measured on this board"


ASSUMED = Costs()


class FrameOwner(Struct, frozen=True):
    """A domain, or Xen: the nth page of its memory is the nth frame of `frames`; `pages` is their number."""

    name: str
    frames: Iterable[FrameRun]
    pages: int

    def first_frames(self, pages: int) -> list[int]:
        """The machine frame numbers of its first pages."""
        return list(islice(chain.from_iterable(run.mfns() for run in self.frames), pages))


def frame_owner(name: str, runs: Sequence[FrameRun]) -> FrameOwner:
    """A frame owner with these frames."""
    return FrameOwner(name, runs, sum(run.count for run in runs))


class Stream(Struct, frozen=True):
    """A virtual CPU: the number of its frame owner, its workload, and its core, numbered through all clusters."""

    owner: int
    workload: Workload
    core: int


class Experiment(Struct, frozen=True):
    """One simulation. `accesses` are counted, after `warm_up` others that are not."""

    clusters: tuple[ClusterModel, ...]
    owners: tuple[FrameOwner, ...]
    streams: tuple[Stream, ...]
    policy: ReplacementPolicy = ReplacementPolicy.LRU
    seed: int = 1
    accesses: int = 2_000_000
    warm_up: int = 0
    costs: Costs = ASSUMED

    def used_pages(self) -> tuple[int, ...]:
        """The number of pages that the workloads of each frame owner can touch. Raises NoModel if it has fewer."""
        found = [0] * len(self.owners)
        for stream in self.streams:
            owner, load = self.owners[stream.owner], stream.workload
            needed = -(-load.reach // PAGE)
            if load.kind is WorkloadKind.TRACE:
                needed = max(needed + 1, min(owner.pages, MOST_TRACE_PAGES))
            if needed > owner.pages:
                raise NoModel(
                    f"{load.kind} of {owner.name} touches {needed} pages, but {owner.name} has {owner.pages}; "
                    f"reduce its size or offset"
                )
            found[stream.owner] = max(found[stream.owner], needed)
        return tuple(found)
