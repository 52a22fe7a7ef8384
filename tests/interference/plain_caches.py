"""The lab written anew, the slow and plain way: whole lines by address, one access after the other, no tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from colorcheck.core.units import PAGE
from colorcheck.interference.caches import CacheModel, ClusterModel
from colorcheck.interference.engine import plain_engine
from colorcheck.interference.experiment import Experiment, ReplacementPolicy
from colorcheck.interference.layout import new_streams
from colorcheck.interference.simulation import Simulation
from tests.interference.interference_lab import Tree

Line = tuple[int, int]
"""Whose it is, and its address."""


class PlainCache:
    """LRU or tree pseudo-LRU."""

    def __init__(self, model: CacheModel, policy: ReplacementPolicy) -> None:
        self.model, self.policy = model, policy
        self.ways: list[list[Line | None]] = [[None] * model.ways for _ in range(model.sets)]
        self.last_use = [[0] * model.ways for _ in range(model.sets)]
        self.trees = [Tree(model.ways) for _ in range(model.sets)]

    def touch(self, line: Line, now: int) -> tuple[bool, Line | None]:
        """Whether the line was there, and which one had to go for it."""
        row = self.model.index.set_of(line[1])
        ways, gone = self.ways[row], None
        hit = line in ways
        if hit:
            way = ways.index(line)
        elif None in ways:
            way = ways.index(None)
        else:
            way = self.trees[row].victim()
            if self.policy is ReplacementPolicy.LRU:
                way = self.last_use[row].index(min(self.last_use[row]))
            gone = ways[way]
        ways[way], self.last_use[row][way] = line, now
        self.trees[row].touch(way)
        return hit, gone

    def drop(self, line: Line) -> None:
        ways = self.ways[self.model.index.set_of(line[1])]
        if line in ways:
            ways[ways.index(line)] = None


class PlainCluster:
    def __init__(self, model: ClusterModel, policy: ReplacementPolicy) -> None:
        self.inclusive = model.inclusive
        self.private = [[PlainCache(each, policy) for each in model.private] for _ in range(model.n_cores)]
        self.last = PlainCache(model.last, policy)
        self.pushed_out: dict[Line, int] = {}
        self.counts: Counter[tuple[object, ...]] = Counter()

    def access(self, core: int, line: Line, now: int) -> None:
        """Counts where `line`, which belongs to the domain that accesses it, was found and whom it pushed out."""
        for cache in self.private[core]:
            hit, gone = cache.touch(line, now)
            if hit:
                self.counts["private", line[0]] += 1
                return
            if gone and gone[0] != line[0]:
                self.counts["private eviction", gone[0], line[0]] += 1
        hit, gone = self.last.touch(line, now)
        self.counts["last" if hit else "miss", line[0]] += 1
        if not hit and line in self.pushed_out:
            self.counts["caused", line[0], self.pushed_out.pop(line)] += 1
        if gone and gone[0] != line[0]:
            self.counts["eviction", gone[0], line[0], self.last.model.index.set_of(gone[1])] += 1
            self.pushed_out[gone] = line[0]
        if gone and self.inclusive:
            for cache in (cache for path in self.private for cache in path):
                cache.drop(gone)


def accesses(setup: Experiment, stream: int) -> Iterator[tuple[int, Line]]:
    """Time and line of each access of a generator."""
    simulation = Simulation(setup, plain_engine())
    tables, time, owner = new_streams(plain_engine(), 1), 0, setup.streams[stream].owner
    frames, first = setup.owners[owner].first_frames(1 << 20), simulation.layout.first_lines[owner]
    size = setup.clusters[0].last.line
    while True:
        for slot in range(simulation._feeds[stream].fill(tables, 0, 64)):
            page, offset = divmod((tables.line[slot] - first) * size, PAGE)
            yield time, (owner, frames[page] * PAGE + offset)
            time += tables.gap[slot]


def plain_counts(setup: Experiment) -> list[Counter[tuple[object, ...]]]:
    """What happens in each cluster."""
    clusters = [PlainCluster(model, setup.policy) for model in setup.clusters]
    cores = [(cluster, core) for cluster in clusters for core in range(len(cluster.private))]
    sources = [accesses(setup, number) for number in range(len(setup.streams))]
    waiting = [next(source) for source in sources]
    for now in range(1, setup.accesses + 1):
        stream = min(range(len(waiting)), key=lambda number: waiting[number][0])
        cluster, core = cores[setup.streams[stream].core]
        cluster.access(core, waiting[stream][1], now)
        waiting[stream] = next(sources[stream])
    return [cluster.counts for cluster in clusters]
