"""Builds the kernel's tables for an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import cast

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.hardware.index import KnownIndex, Linear
from colorcheck.interference import kernel
from colorcheck.interference.caches import CacheModel, ClusterModel, NoModel
from colorcheck.interference.engine import Engine
from colorcheck.interference.experiment import MOST_TENANTS, Experiment, ReplacementPolicy
from colorcheck.interference.kernel import FIELDS
from colorcheck.interference.seeds import seed_of
from colorcheck.interference.tables import CacheState, Ints, MachineTables, Streams, Tallies

_POLICIES = {
    ReplacementPolicy.LRU: kernel.LRU,
    ReplacementPolicy.PLRU: kernel.PLRU,
    ReplacementPolicy.RANDOM: kernel.RANDOM,
}
AT_ONCE = 4
"""Blocks of a stream, of which one is in use and the others may be filled."""
MOST_BITS = 62
"""The bits of a slot of LRU: the time of its last use and the line."""


class Layout(Struct, frozen=True):
    """The tables of one simulation. `first_lines` are the dense numbers of the frame owners' first lines; `last_levels`
    the number of the cache and of its first set among all last-level sets, for each cluster."""

    machine: MachineTables
    state: CacheState
    first_lines: tuple[int, ...]
    pages: tuple[int, ...]
    last_levels: tuple[tuple[int, int], ...]
    sets: tuple[int, ...]

    def contents(self, cache: int) -> list[list[int]]:
        """The lines in each set of a last-level cache."""
        if self._policy(cache) != kernel.LRU:
            slots = self._slots(cache)
            return [[int(tag) for at in row if (tag := self.state.tags[at]) != kernel.EMPTY] for row in slots]
        bits = self._bits()
        mask = (1 << bits) - 1
        found = []
        for row in self._slots(cache):
            tags = (int(self.state.tags[at]) for at in row)
            found.append([tag & mask for tag in tags if tag >> bits])
        return found

    def stamps_left(self) -> int:
        """The number of accesses until the times in the slots of LRU run out of bits."""
        return (1 << MOST_BITS - self._bits()) - int(self.state.time[0])

    def stamp_anew(self) -> None:
        """Renumber the times in each set of LRU, keeping their order.

        A set without times other than 1 is unchanged: that of a stream that looks ahead keeps its lines in order,
        without times.
        """
        bits, tags = self._bits(), self.state.tags
        for cache in range(len(self.sets)):
            if self._policy(cache) != kernel.LRU:
                continue
            for row in self._slots(cache):
                used = sorted((int(tags[at]), at) for at in row if tags[at] >> bits)
                if used and used[-1][0] >> bits > 1:
                    for time, (tag, at) in enumerate(used, 1):
                        tags[at] = time << bits | tag & ((1 << bits) - 1)
        self.state.time[0] = kernel.MAX_WAYS + 1

    def _policy(self, cache: int) -> int:
        return int(self.machine.caches[cache * FIELDS + kernel.POLICY])

    def _bits(self) -> int:
        return int(self.machine.caches[kernel.BITS])

    def _slots(self, cache: int) -> Iterator[range]:
        """The slots of each set of a cache."""
        field = cache * FIELDS
        first, ways = int(self.machine.caches[field + kernel.BASE]) + 1, int(self.machine.caches[field + kernel.WAYS])
        return (range(at, at + ways) for at in range(first, first + self.sets[cache] * ways, ways))


class _Placed(Struct, frozen=True):
    """A cache with its number in the tables, (first, end) of the caches that it includes, and its first set."""

    model: CacheModel
    last: bool = False
    first_set: int = 0
    inner: tuple[int, int] = (0, 0)


def lay_out(experiment: Experiment, engine: Engine) -> Layout:
    """Build the tables. Raises NoModel if the experiment cannot be simulated."""
    clusters = experiment.clusters
    line = clusters[0].last.line
    if any(cluster.last.line != line for cluster in clusters):
        raise NoModel("the clusters' caches have lines of different lengths")
    if len(experiment.owners) > MOST_TENANTS:
        raise NoModel(f"more than {MOST_TENANTS} domains")
    caches, paths, last_levels = _place(clusters)
    indexes = list(dict.fromkeys(placed.model.index for placed in caches))
    pages = experiment.used_pages()
    lines_per_page = PAGE // line
    if len(caches) * sum(pages) * lines_per_page >= 1 << 32:
        raise NoModel("more memory than the tables of the simulation can hold")
    frames = list(chain.from_iterable(t.first_frames(n) for t, n in zip(experiment.owners, pages, strict=True)))
    n_cores = len(paths)
    if any(stream.core >= n_cores for stream in experiment.streams):
        raise NoModel(f"the board has cores 0 to {n_cores - 1}")
    stream_paths = [paths[stream.core] for stream in experiment.streams]
    machine = MachineTables(
        caches=engine.ints(_fields(caches, indexes, experiment.policy, len(frames), lines_per_page), bits=32),
        paths=engine.ints((x for path in stream_paths for x in (len(path), *path, *[0] * (3 - len(path)))), bits=32),
        page_set=_page_sets(engine, indexes, frames),
        line_set=engine.ints((_line_set(index, n * line) for index in indexes for n in range(lines_per_page)), bits=32),
        page_domain=engine.ints((n for n, count in enumerate(pages) for _ in range(count)), bits=32),
        stream_domain=engine.ints((stream.owner for stream in experiment.streams), bits=32),
        cost=engine.ints(chain.from_iterable(_costs(experiment, len(path)) for path in stream_paths)),
        ahead=engine.ints((int(_is_alone(experiment, number)) for number in range(len(stream_paths))), bits=8),
        page_shift=lines_per_page.bit_length() - 1,
        nr_domains=len(experiment.owners),
        nr_sets=sum(cluster.last.sets for cluster in clusters),
    )
    first_lines = tuple(n * lines_per_page for n in accumulate(pages, initial=0))[:-1]
    state = _state(experiment, engine, caches, len(frames) * lines_per_page)
    return Layout(machine, state, first_lines, pages, last_levels, tuple(placed.model.sets for placed in caches))


def _is_alone(experiment: Experiment, number: int) -> bool:
    """Whether the contents of a stream's private caches depend on no other stream."""
    core = experiment.streams[number].core
    clusters = [cluster for cluster in experiment.clusters for _ in range(cluster.n_cores)]
    return not clusters[core].inclusive and sum(stream.core == core for stream in experiment.streams) == 1


def _place(
    clusters: Sequence[ClusterModel],
) -> tuple[list[_Placed], list[tuple[int, ...]], tuple[tuple[int, int], ...]]:
    """All caches, each core's path through them, and the clusters' last levels."""
    caches: list[_Placed] = []
    paths: list[tuple[int, ...]] = []
    last_levels = []
    first_set = 0
    for cluster in clusters:
        first = len(caches)
        depth = len(cluster.private)
        caches.extend(_Placed(model) for _ in range(cluster.n_cores) for model in cluster.private)
        last = len(caches)
        inner = (first, last) if cluster.inclusive else (0, 0)
        caches.append(_Placed(cluster.last, True, first_set, inner))
        paths.extend(
            (*range(first + core * depth, first + (core + 1) * depth), last) for core in range(cluster.n_cores)
        )
        last_levels.append((last, first_set))
        first_set += cluster.last.sets
    return caches, paths, tuple(last_levels)


def _fields(
    caches: Sequence[_Placed], indexes: Sequence[KnownIndex], policy: ReplacementPolicy, pages: int, lines_per_page: int
) -> list[int]:
    found: list[int] = []
    base = cell = 0
    lines = pages * lines_per_page
    trees = _trees(caches)
    for number, placed in enumerate(caches):
        model = placed.model
        shape = indexes.index(model.index)
        row = [0] * FIELDS
        row[kernel.BASE], row[kernel.CELL], row[kernel.WAYS] = base, cell, model.ways
        row[kernel.POLICY] = _POLICIES[policy]
        row[kernel.LAST], row[kernel.FIRST_SET] = int(placed.last), placed.first_set
        row[kernel.INNER], row[kernel.INNER_END] = placed.inner
        row[kernel.PLACE] = number * lines
        row[kernel.PAGES], row[kernel.OFFSETS] = shape * pages, shape * lines_per_page
        row[kernel.MODULUS] = 0 if model.index.masks() is not None else model.index.n_sets
        row[kernel.BITS] = line_bits(lines)
        row[kernel.TREE] = trees[model.ways]
        found += row
        base += model.sets * model.ways
        cell += model.sets
    return found


def line_bits(lines: int) -> int:
    """The bits for the number of a line of so many."""
    return max((lines - 1).bit_length(), kernel.LEAST_BITS)


def _trees(caches: Sequence[_Placed]) -> dict[int, int]:
    """Where in `tree` the paths for each number of ways begin."""
    ways = sorted({placed.model.ways for placed in caches})
    return dict(zip(ways, accumulate((2 * (n + 1) for n in ways), initial=0), strict=False))


def tree_paths(ways: Iterable[int]) -> list[int]:
    """The paths of trees for these numbers of ways, one after the other; way 0 is none."""
    return [bits for n in ways for way in range(-1, n) for bits in (kernel.tree_path(n, way) if way >= 0 else (0, 0))]


def _page_sets(engine: Engine, indexes: Sequence[KnownIndex], frames: Sequence[int]) -> Ints:
    """For each index the set of the first line of each frame."""
    if not engine.compiled:
        return engine.ints(index.set_of(frame * PAGE) for index in indexes for frame in frames)
    import numpy as np

    from colorcheck.hardware.index_arrays import sets_of_addresses

    addresses = np.array(frames, dtype=np.uint64) * np.uint64(PAGE)
    rows = [sets_of_addresses(index, addresses).astype(np.uint32) for index in indexes]
    return cast(Ints, np.concatenate(rows))


def _line_set(index: KnownIndex, offset: int) -> int:
    """The contribution of a line's position in its page to the set: its image under an index linear over GF(2),
    otherwise its number.
    """
    if index.masks() is None and not isinstance(index, Linear):
        raise NoModel("slices of caches whose number of sets is not a power of two")
    return index.set_of(offset)


def _costs(experiment: Experiment, depth: int) -> tuple[int, int, int, int]:
    """Costs by the number of the cache on a path of `depth` caches."""
    costs = experiment.costs
    private = (costs.private, costs.second)[: depth - 1]
    return (*private, *[costs.last] * (3 - len(private)), costs.memory)  # type: ignore[return-value]


def _state(experiment: Experiment, engine: Engine, caches: Sequence[_Placed], lines: int) -> CacheState:
    models = [placed.model for placed in caches]
    return cache_state(
        engine,
        [(model.sets, model.ways) for model in models],
        _POLICIES[experiment.policy],
        seed=experiment.seed,
        lines=lines,
    )


def cache_state(engine: Engine, caches: Sequence[tuple[int, int]], policy: int, *, seed: int, lines: int) -> CacheState:
    """Empty caches of these sets and ways, for memory of `lines` lines."""
    lru, random = policy == kernel.LRU, policy == kernel.RANDOM
    free = (way + 1 if lru else kernel.EMPTY for sets, ways in caches for _ in range(sets) for way in range(ways))
    cells = sum(sets for sets, _ in caches)
    return CacheState(
        tags=engine.ints(chain((0,), free)),
        order=engine.ints(kernel.HAS_ROOM | (seed_of(seed, cell) if random else 0) for cell in range(cells)),
        tree=engine.ints(tree_paths(sorted({ways for _, ways in caches}))),
        where=engine.zeros(len(caches) * lines, bits=8),
        time=engine.ints([1]),
    )


def new_streams(engine: Engine, count: int) -> Streams:
    """Streams whose blocks are still empty."""
    size = AT_ONCE * count * engine.block
    return Streams(
        line=engine.zeros(size, bits=32),
        gap=engine.zeros(size),
        mark=engine.zeros(size, bits=8),
        level=engine.zeros(size, bits=8),
        first=engine.ints(range(0, size, AT_ONCE * engine.block)),
        filled=engine.zeros(count),
        position=engine.zeros(count),
        counted=engine.zeros(count),
        clock=engine.zeros(count),
        spent=engine.zeros(count),
    )


def new_tallies(engine: Engine, streams: int, machine: MachineTables) -> Tallies:
    pairs = machine.nr_domains**2
    return Tallies(
        levels=engine.zeros(4 * streams),
        writes=engine.zeros(streams),
        caused=engine.zeros(pairs),
        evictions=engine.zeros(pairs),
        by_set=engine.zeros(pairs * machine.nr_sets),
        private=engine.zeros(pairs),
        runs=engine.zeros(engine.block),
    )
