"""A running simulation: feeds the kernel, counts, and can be observed while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import perf_counter

from colorcheck.interference.blocks import Blocks
from colorcheck.interference.engine import Engine, best_engine
from colorcheck.interference.experiment import Coloring, Experiment
from colorcheck.interference.feeds import Feed, feed
from colorcheck.interference.kernel import FULL, MEMORY, NEVER
from colorcheck.interference.layout import Layout, lay_out, new_streams, new_tallies
from colorcheck.interference.outcome import DomainOutcome, Evictions, Latency, Run
from colorcheck.interference.seeds import seed_of
from colorcheck.interference.tables import first_of

STEP = 1 << 20


class Simulation:
    """A running experiment.

    `watch` is called for each used block of a stream with the levels that served its accesses (the number of the cache
    on its path, 3 for memory).
    """

    def __init__(
        self, experiment: Experiment, engine: Engine | None = None, watch: Callable[[int, bytes], None] | None = None
    ) -> None:
        self.experiment = experiment
        self.engine = engine or best_engine()
        self.layout: Layout = lay_out(experiment, self.engine)
        self._streams = new_streams(self.engine, len(experiment.streams))
        self._watch = watch
        self._feeds = [self._feed(number) for number in range(len(experiment.streams))]
        self._blocks = Blocks(self.engine, self.layout, self._streams, self._feeds)
        self.reset()

    def reset(self) -> None:
        """Reset the counters; the caches are unchanged."""
        self._tallies = new_tallies(self.engine, len(self.experiment.streams), self.layout.machine)
        self.runs: list[Counter[int]] = [Counter() for _ in self.experiment.streams]
        self.accesses = 0
        self.seconds = 0.0

    def _feed(self, number: int) -> Feed:
        stream = self.experiment.streams[number]
        first = self.layout.first_lines[stream.owner]
        shift = self.experiment.clusters[0].last.line.bit_length() - 1
        seed = seed_of(self.experiment.seed, -2 - number)
        pages = self.layout.pages[stream.owner]
        return feed(self.engine, stream.workload, first_line=first, pages=pages, shift=shift, seed=seed)

    def filled_ahead(self, accesses: int) -> AbstractContextManager[None]:
        """While this lasts, a second thread prepares what `play` needs, if that helps with so many accesses."""
        return self._blocks.filled_ahead(accesses)

    def play(self, accesses: int) -> int:
        """Play `accesses` more accesses, fewer if all traces end. Returns their number. Raises TraceError."""
        begun, played = perf_counter(), 0
        while played < accesses:
            budget = min(accesses - played, self.layout.stamps_left())
            if not budget:
                self.layout.stamp_anew()
                continue
            done, stopped = self.engine.advance(
                self.layout.machine, self.layout.state, self._streams, self._tallies, budget
            )
            played += done
            if stopped != FULL and not self._refill(stopped):
                break
        for stream in range(len(self.experiment.streams)):
            self._tally(stream)
        self.accesses += played
        self.seconds += perf_counter() - begun
        return played

    def _refill(self, stream: int) -> bool:
        """Gives a stream its next block; False if no stream has anything left."""
        streams = self._streams
        self._tally(stream)
        if self._watch and streams.filled[stream]:
            start = streams.first[stream]
            self._watch(stream, bytes(streams.level[at] for at in range(start, start + streams.filled[stream])))
        if streams.clock[stream] >= NEVER:
            return False
        self._blocks.next(stream)
        if not streams.filled[stream]:
            streams.clock[stream] = NEVER
        return True

    def _tally(self, stream: int) -> None:
        """Counts what a stream has played since it was last counted."""
        if self._streams.counted[stream] < self._streams.position[stream]:
            runs = self.engine.tally(self.layout.machine, self._streams, self._tallies, stream)
            self.runs[stream].update(first_of(self._tallies.runs, runs))

    def owners(self, cluster: int) -> list[list[int]]:
        """For each set of a cluster's last-level cache, the frame owners of its lines, one entry per line."""
        machine = self.layout.machine
        return [
            [int(machine.page_domain[line >> machine.page_shift]) for line in lines]
            for lines in self.layout.contents(self.layout.last_levels[cluster][0])
        ]

    def outcome(self, coloring: Coloring) -> Run:
        owners = self.experiment.owners
        names = [owner.name for owner in owners]
        pairs = [(v, a) for v in range(len(names)) for a in range(len(names)) if v != a]
        private = self._tallies.private
        return Run(
            coloring=coloring,
            policy=self.experiment.policy,
            accesses=self.accesses,
            seconds=self.seconds,
            domains=tuple(self._domain(number) for number in range(len(owners)) if self._runs_anything(number)),
            evictions=tuple(e for v, a in pairs for e in self._evictions(v, a)),
            private_evictions=tuple(
                (names[v], names[a], int(count)) for v, a in pairs if (count := private[v * len(names) + a])
            ),
        )

    def _runs_anything(self, owner: int) -> bool:
        return any(stream.owner == owner for stream in self.experiment.streams)

    def _domain(self, owner: int) -> DomainOutcome:
        tallies, machine = self._tallies, self.layout.machine
        names = [t.name for t in self.experiment.owners]
        mine = [number for number, stream in enumerate(self.experiment.streams) if stream.owner == owner]
        levels = [[tallies.levels[4 * number + level] for level in range(4)] for number in mine]
        last = [machine.paths[4 * number] - 1 for number in mine]
        last_hits = sum(row[at] for row, at in zip(levels, last, strict=True))
        misses = sum(row[MEMORY] for row in levels)
        accesses = sum(map(sum, levels))
        caused = ((name, int(tallies.caused[owner * len(names) + a])) for a, name in enumerate(names))
        costs = (
            (machine.cost[4 * n + level], row[level]) for n, row in zip(mine, levels, strict=True) for level in range(4)
        )
        return DomainOutcome(
            name=names[owner],
            accesses=int(accesses),
            private_hits=int(accesses - last_hits - misses),
            last_hits=int(last_hits),
            misses=int(misses),
            writes=int(sum(tallies.writes[number] for number in mine)),
            caused_by=tuple((name, count) for name, count in caused if count),
            latency=Latency.of((int(cost), int(count)) for cost, count in costs),
            runs=Latency.of((int(cost), count) for number in mine for cost, count in self.runs[number].items()),
        )

    def _evictions(self, victim: int, attacker: int) -> tuple[Evictions, ...]:
        owners, machine, tallies = self.experiment.owners, self.layout.machine, self._tallies
        pair = victim * machine.nr_domains + attacker
        if not tallies.evictions[pair]:
            return ()
        found = []
        for number, cluster in enumerate(self.experiment.clusters):
            first = pair * machine.nr_sets + self.layout.last_levels[number][1]
            counts = ((row, int(tallies.by_set[first + row])) for row in range(cluster.last.sets))
            by_set = tuple((row, count) for row, count in counts if count)
            if by_set:
                found.append(Evictions(owners[victim].name, owners[attacker].name, number, by_set))
        return tuple(found)


def simulate(
    experiment: Experiment,
    coloring: Coloring = Coloring.CURRENT,
    engine: Engine | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Run:
    """Runs an experiment from start to end. `progress` receives accesses and seconds so far, the warm-up included.

    Raises NoModel and TraceError.
    """
    simulation = Simulation(experiment, engine)
    step = STEP if simulation.engine.compiled else STEP // 64
    total = experiment.warm_up + experiment.accesses
    played, seconds = 0, 0.0
    with simulation.filled_ahead(total):
        while played < total:
            end = experiment.warm_up if played < experiment.warm_up else total
            done = simulation.play(min(step, end - played))
            played += done
            if progress:
                progress(played, seconds + simulation.seconds)
            if not done:
                break
            if played == experiment.warm_up:
                seconds = simulation.seconds
                simulation.reset()
    return simulation.outcome(coloring)
