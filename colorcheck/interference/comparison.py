"""The document of `interfere`: the runs of a study next to each other, and their limitations."""

from __future__ import annotations

from msgspec import Struct

from colorcheck import __version__
from colorcheck.interference.experiment import Coloring, Costs, ReplacementPolicy
from colorcheck.interference.outcome import Latency, Run

LEFT_OUT = (
    "the bus and the interconnect",
    "DRAM, its banks and its controller",
    "the write-back path",
    "miss registers: no access waits for another one",
    "TLBs and the walks of page tables",
    "prefetchers, write streaming and other mechanisms of a core",
)
"""Contention outside of the caches, which is not simulated."""
DISCLAIMER = "Counts of a cache model under a stated policy; cycles are sums of stated costs, not a prediction of time."


class Comparison(Struct, frozen=True):
    """`victims` are the domains whose latencies are reported; `notes` the assumptions and omissions of this
    comparison; `unmodelled` the parts of this board's caches that are not simulated.
    """

    board: str
    title: str
    caches: tuple[str, ...]
    runs: tuple[Run, ...]
    costs: Costs
    seed: int
    warm_up: int
    engine: str
    victims: tuple[str, ...] = ()
    loads: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()

    @property
    def policies(self) -> tuple[ReplacementPolicy, ...]:
        return tuple(dict.fromkeys(run.policy for run in self.runs))

    def under(self, policy: ReplacementPolicy) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.policy is policy)

    def to_dict(self) -> dict[str, object]:
        """The document `colorcheck/interfere/1`."""
        costs = self.costs
        return {
            "schema": "colorcheck/interfere/1",
            "tool_version": __version__,
            "board": self.board,
            "caches": list(self.caches),
            "engine": self.engine,
            "seed": self.seed,
            "warm_up": self.warm_up,
            "costs": {
                "private": costs.private,
                "second": costs.second,
                "last": costs.last,
                "memory": costs.memory,
                "source": costs.source,
            },
            "workloads": [{"domain": domain, "workload": load} for domain, load in self.loads],
            "runs": [run.to_dict() for run in self.runs],
            "notes": list(self.notes),
            "left_out": [*LEFT_OUT, *self.unmodelled],
            "disclaimer": DISCLAIMER,
        }


COLORINGS = {Coloring.OFF: "no coloring", Coloring.CURRENT: "today's colors", Coloring.PLAN: "the plan's colors"}


class Histogram(Struct, frozen=True):
    """The distribution of costs over bins of equal width; `edges` has one entry more than each row of `shares` (0
    to 1).
    """

    edges: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]


def histogram(latencies: tuple[Latency, ...], bins: int) -> Histogram:
    """One row per distribution, all over the same bins from the least to the largest cost."""
    costs = [cost for latency in latencies for cost, _ in latency.counts]
    if not costs:
        return Histogram((0, 1), tuple((0.0,) for _ in latencies))
    low, width = min(costs), max(1, -(-(max(costs) + 1 - min(costs)) // bins))
    bins = min(bins, (max(costs) - low) // width + 1)
    rows = []
    for latency in latencies:
        row = [0] * bins
        for cost, count in latency.counts:
            row[(cost - low) // width] += count
        rows.append(tuple(count / latency.total if latency.total else 0.0 for count in row))
    return Histogram(tuple(low + n * width for n in range(bins + 1)), tuple(rows))
