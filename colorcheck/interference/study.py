"""A study: the same workloads without coloring, with today's colors and with a plan's, under each requested policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.units import PAGE
from colorcheck.interference.caches import ClusterModel, NoModel
from colorcheck.interference.engine import Engine
from colorcheck.interference.experiment import (
    ASSUMED,
    Coloring,
    Costs,
    Experiment,
    FrameOwner,
    ReplacementPolicy,
    Stream,
)
from colorcheck.interference.frame_owners import with_colors
from colorcheck.interference.outcome import Run
from colorcheck.interference.simulation import simulate
from colorcheck.interference.workloads import Workload, WorkloadKind, parse_workload


class Load(Struct, frozen=True):
    """A virtual CPU of the domain with this name, and its workload."""

    domain: str
    workload: Workload


class Study(Struct, frozen=True):
    """The comparison to make.

    `owners` are the domains with their frames under each coloring; `cpus` the physical CPUs, as Xen numbers them, to
    which a domain is pinned, by its name.
    """

    clusters: tuple[ClusterModel, ...]
    owners: Mapping[Coloring, tuple[FrameOwner, ...]]
    loads: tuple[Load, ...]
    cpus: Mapping[str, tuple[int, ...]]
    policies: tuple[ReplacementPolicy, ...] = (ReplacementPolicy.LRU,)
    seed: int = 1
    accesses: int = 20_000_000
    warm_up: int = 0
    costs: Costs = ASSUMED

    def experiments(self) -> Iterator[tuple[Coloring, Experiment]]:
        """The experiments, policy by policy, each under all colorings. Raises NoModel."""
        for policy in self.policies:
            for coloring, owners in self.owners.items():
                yield coloring, self.experiment(owners, self.loads, policy)

    def experiment(
        self, owners: tuple[FrameOwner, ...], loads: Sequence[Load], policy: ReplacementPolicy
    ) -> Experiment:
        """The experiment with these frame owners; loads of domains that are not among them are left out."""
        return Experiment(
            self.clusters,
            owners,
            place(self.clusters, [each.name for each in owners], loads, self.cpus),
            policy,
            self.seed,
            self.accesses,
            self.warm_up,
            self.costs,
        )


def place(
    clusters: Sequence[ClusterModel], names: Sequence[str], loads: Sequence[Load], cpus: Mapping[str, tuple[int, ...]]
) -> tuple[Stream, ...]:
    """Place each load on a core: the one that it names, one to which its domain is pinned, or the next free core of
    the boot cluster for loads that are not pinned; if none is free, cores are shared.
    """
    used: list[int] = []
    found = []
    for load in loads:
        if load.domain not in names:
            continue
        allowed = cpus.get(load.domain) or range(clusters[0].n_cores)
        core = load.workload.core
        if core is None:
            core = min(allowed, key=used.count)
        used.append(core)
        found.append(Stream(names.index(load.domain), load.workload, core))
    return tuple(found)


def default_loads(owners: Sequence[FrameOwner], victim: str, cluster: ClusterModel) -> tuple[Load, ...]:
    """An interrupt handler in the victim, and in all others bombs of twice the last-level cache, or as large as
    fits.
    """
    size = 2 * cluster.last.sets * cluster.last.ways * cluster.last.line
    loads = []
    for each in owners:
        workload = parse_workload("handler") if each.name == victim else replace(parse_workload("bomb"), size=size)
        loads.append(Load(each.name, replace(workload, size=min(workload.size, each.pages * PAGE))))
    return tuple(loads)


def run_study(
    study: Study,
    engine: Engine | None = None,
    progress: Callable[[Coloring, ReplacementPolicy, int, float], None] | None = None,
) -> tuple[Run, ...]:
    """All runs of a study. `progress` receives which run it is, its accesses and its seconds so far."""
    found = []
    for coloring, experiment in study.experiments():
        tell = None
        if progress:

            def tell(
                done: int, seconds: float, coloring: Coloring = coloring, policy: ReplacementPolicy = experiment.policy
            ) -> None:
                progress(coloring, policy, done, seconds)

        found.append(simulate(experiment, coloring, engine, tell))
    return tuple(found)


def miss_curve(
    study: Study,
    domain: str,
    nr_colors: int,
    policy: ReplacementPolicy,
    progress: Callable[[int, int, float], None] | None = None,
) -> tuple[tuple[int, int], ...]:
    """(colors, misses) of a domain's workloads alone, with 1, 2, … colors, from color 0 on. Raises NoModel.

    A trace is played once with each number of colors.
    """
    loads = [
        replace(load, workload=replace(load.workload, loop=False)) for load in study.loads if load.domain == domain
    ]
    pages = max((each.pages for group in study.owners.values() for each in group if each.name == domain), default=0)
    if not loads or not pages:
        raise NoModel(f"{domain} runs nothing")
    if not any(load.workload.kind is WorkloadKind.TRACE for load in loads):
        pages = min(pages, max(-(-load.workload.reach // PAGE) for load in loads))
    found = []
    for count in range(1, nr_colors + 1):
        owners = (with_colors(domain, range(count), nr_colors, pages),)
        tell = None
        if progress:

            def tell(done: int, seconds: float, count: int = count) -> None:
                progress(count, done, seconds)

        run = simulate(study.experiment(owners, loads, policy), progress=tell)
        found.append((count, run.domain(domain).misses))
    return tuple(found)
