"""The result of a simulation: plain values with their JSON form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from colorcheck.interference.experiment import Coloring, ReplacementPolicy


class Latency(Struct, frozen=True):
    """A distribution of costs in cycles: how often each occurred, ascending. Quantiles are by nearest rank."""

    counts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, counts: Mapping[int, int] | Iterable[tuple[int, int]]) -> Latency:
        found: dict[int, int] = {}
        for cost, count in counts.items() if isinstance(counts, Mapping) else counts:
            if count:
                found[cost] = found.get(cost, 0) + count
        return cls(tuple(sorted(found.items())))

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    def quantile(self, share: float) -> int | None:
        """The smallest cost that at least this share (0 to 1) of all costs does not exceed; None without any."""
        rank = share * self.total
        passed = 0
        for cost, count in self.counts:
            passed += count
            if passed >= rank:
                return cost
        return None

    def to_dict(self) -> dict[str, int | None]:
        return {
            "min": self.quantile(0),
            "median": self.quantile(0.5),
            "p999": self.quantile(0.999),
            "max": self.quantile(1),
        }


class DomainOutcome(Struct, frozen=True):
    """A domain's accesses.

    `misses` are those served by memory; `caused_by_others` those whose line another domain had evicted from the
    last-level cache; `runs` the costs of its workloads' runs.
    """

    name: str
    accesses: int
    private_hits: int
    last_hits: int
    misses: int
    writes: int
    caused_by: tuple[tuple[str, int], ...]
    latency: Latency
    runs: Latency

    @property
    def hits(self) -> int:
        return self.private_hits + self.last_hits

    @property
    def caused_by_others(self) -> int:
        return sum(count for _, count in self.caused_by)

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "accesses": self.accesses,
            "hits": self.hits,
            "private_hits": self.private_hits,
            "last_level_hits": self.last_hits,
            "misses": self.misses,
            "writes": self.writes,
            "caused_by_others": self.caused_by_others,
            "caused_by": dict(self.caused_by),
            "latency": self.latency.to_dict(),
            "runs": {"count": self.runs.total, **self.runs.to_dict()},
        }


class Evictions(Struct, frozen=True):
    """Lines of the victim that the attacker evicted from a cluster's last-level cache, by set."""

    victim: str
    attacker: str
    cluster: int
    by_set: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        return sum(count for _, count in self.by_set)

    def to_dict(self) -> dict[str, object]:
        return {
            "victim": self.victim,
            "attacker": self.attacker,
            "cluster": self.cluster,
            "count": self.count,
            "sets": [number for number, _ in self.by_set],
        }


class Run(Struct, frozen=True):
    """The result of one simulation.

    `seconds` is its duration; `private_evictions` has victim, attacker and number of evictions in the private caches of
    cores on which two domains run.
    """

    coloring: Coloring
    policy: ReplacementPolicy
    accesses: int
    seconds: float
    domains: tuple[DomainOutcome, ...]
    evictions: tuple[Evictions, ...]
    private_evictions: tuple[tuple[str, str, int], ...] = ()

    def domain(self, name: str) -> DomainOutcome:
        return next(domain for domain in self.domains if domain.name == name)

    def to_dict(self) -> dict[str, object]:
        return {
            "coloring": str(self.coloring),
            "policy": str(self.policy),
            "accesses": self.accesses,
            "seconds": round(self.seconds, 3),
            "domains": [domain.to_dict() for domain in self.domains],
            "evictions": [entry.to_dict() for entry in self.evictions],
            "private_evictions": [
                {"victim": victim, "attacker": attacker, "count": count}
                for victim, attacker, count in self.private_evictions
            ],
        }
