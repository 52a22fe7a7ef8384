"""Clusters of a device tree: the CPUs that share a last-level cache, and its reliable numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Confidence, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.hardware.board import Cache, CacheKind, Cluster
from colorcheck.hardware.cores import Core
from colorcheck.hardware.cpu_tree import CacheNode, Cpu, TreeGeometry
from colorcheck.hardware.geometry_checks import checked, cluster_problems, l1_checked
from colorcheck.hardware.index import IndexFunction, Linear, UnknownIndex


class ClustersOfTree(Struct, frozen=True):
    """The clusters, the boot CPU's first; the caches behind them that CLIDR_EL1 does not show; and problems."""

    clusters: tuple[Cluster, ...]
    beyond: tuple[CacheNode, ...]
    problems: tuple[Problem, ...]


def clusters_of_tree(cpus: tuple[Cpu, ...]) -> ClustersOfTree:
    """The clusters that the CPUs of a tree form."""
    problems: list[Problem] = []
    groups = tuple(_groups(cpus))
    clusters = tuple(_cluster(group, problems) for group in groups)
    split = _split_cluster(groups)
    if split is not None:
        problems.append(split)
        clusters = tuple(replace(cluster, cpus=()) for cluster in clusters)
    beyond: list[CacheNode] = []
    for group in groups:
        beyond += (entry for entry in group.beyond if entry.node not in [known.node for known in beyond])
    return ClustersOfTree(clusters, tuple(beyond), tuple(problems))


def _split_cluster(groups: tuple[CpuGroup, ...]) -> Problem | None:
    """A problem if CPUs are in one cluster according to MPIDR_EL1, but behind two L2 caches in the tree: each
    cluster has one.
    """
    seen: dict[tuple[str, str], CpuGroup] = {}
    for group in groups:
        for cpu in group.cpus if group.core and group.core.cores_most else ():
            other = seen.setdefault((cpu.name, _affinity_cluster(cpu)), group)
            if other is not group:
                return Problem(
                    ProblemKind.DEVICE_TREE_SHARING,
                    f"{cpu.node.path} and {other.first.node.path} have different L2 caches, but according to their "
                    f"reg they are in one cluster, which has one L2",
                    cpu.node.location,
                    "give both the same next-level-cache; until then nothing is concluded from pinning",
                )
    return None


class CpuGroup(Struct, frozen=True):
    """CPUs of one kind that use the same last-level cache. `inside` are the unified caches that CLIDR_EL1 shows."""

    cpus: tuple[Cpu, ...]
    inside: tuple[CacheNode, ...]
    beyond: tuple[CacheNode, ...]
    llc: CacheNode | None
    shares_with: int  # the number of CPUs of any kind that use this last-level cache

    @property
    def first(self) -> Cpu:
        return self.cpus[0]

    @property
    def core(self) -> Core | None:
        return self.cpus[0].core

    @property
    def location(self) -> Location:
        return self.llc.node.location if self.llc else self.first.node.location


def _inside(cpu: Cpu) -> tuple[CacheNode, ...]:
    """The unified caches that CLIDR_EL1 of this core can show: as many as in its manual, or all if it is unknown."""
    most = cpu.core.llc_level - 1 if cpu.core and cpu.core.llc_level else len(cpu.chain)
    return cpu.chain[:most]


def _groups(cpus: tuple[Cpu, ...]) -> Iterator[CpuGroup]:
    """The clusters in the order of their first CPU, so that the boot CPU's is first."""
    paths = Counter(entry.node.path for cpu in cpus for entry in _inside(cpu))
    users: Counter[str] = Counter()
    members: dict[tuple[str, str], list[Cpu]] = {}
    for cpu in cpus:
        entry = _llc(cpu, paths, len(cpus))
        cache = entry.node.path if entry else cpu.cluster or _affinity_cluster(cpu)
        users[cache] += 1
        members.setdefault((cache, cpu.name), []).append(cpu)
    for (cache, _), group in members.items():
        first, inside = group[0], _inside(group[0])
        yield CpuGroup(tuple(group), inside, first.chain[len(inside) :], _llc(first, paths, len(cpus)), users[cache])


def _llc(cpu: Cpu, users: Counter[str], cpus: int) -> CacheNode | None:
    """The outermost cache that CLIDR_EL1 shows. An L2 of a single DynamIQ core is private: the L3 is not described."""
    inside = _inside(cpu)
    if not inside:
        return None
    alone = cpu.core is not None and cpu.core.dynamiq and len(inside) == 1 and users[inside[0].node.path] == 1 < cpus
    return None if alone else inside[-1]


def _affinity_cluster(cpu: Cpu) -> str:
    """The cluster by MPIDR_EL1: affinity level 2 for DynamIQ cores, whose level 1 counts the cores; else level 1."""
    return str(cpu.mpidr >> (16 if cpu.core and cpu.core.dynamiq else 8))


def _cluster(group: CpuGroup, problems: list[Problem]) -> Cluster:
    core, first = group.core, group.first
    problems += cluster_problems(group.cpus, group.llc, group.shares_with)
    problems += _misnumbered(group)
    # An L2 node shared by two kinds of cores, which each have their own, can be right for at most one of them.
    mistaken = core is not None and not core.dynamiq and group.shares_with > len(group.cpus)
    llc = None if mistaken else _cache(group, group.llc, problems)
    inner = next((entry for entry in group.inside if entry is not group.llc), None)
    private = _cache(group, inner, problems) if inner else None
    l1d, found = l1_checked(first, CacheKind.DATA, core.l1d_ways if core else ())
    problems += found
    l1i, found = l1_checked(first, CacheKind.INSTRUCTION, core.l1i_ways if core else ())
    problems += found
    return Cluster(
        cores=first.name,
        n_cores=len(group.cpus),
        llc=llc,
        l1d=l1d,
        l1i=l1i,
        private_l2=private,
        cpus=tuple(cpu.number for cpu in group.cpus),
        confidence=Confidence.MEDIUM if llc and llc.sets else Confidence.LOW,
        sources=(group.location.file, *(core.sources if core else ())),
        mpidrs=tuple(cpu.mpidr for cpu in group.cpus),
    )


def _misnumbered(group: CpuGroup) -> Iterator[Problem]:
    """Caches whose `cache-level` is not their place in the chain, which is how CLIDR_EL1 numbers them, without gaps."""
    for place, entry in enumerate(group.inside, 2):
        if entry.level is not None and entry.level != place:
            yield Problem(
                ProblemKind.DEVICE_TREE_CACHE_LEVEL,
                f"{entry.node.path} says it is level {entry.level}, but it is level {place} of {group.first.name}",
                entry.node.location,
                f"CLIDR_EL1 shows it at level {place}: there is no cache between it and level {place - 1}",
            )


def _cache(group: CpuGroup, entry: CacheNode | None, problems: list[Problem]) -> Cache | None:
    """A unified cache of the cluster with checked numbers."""
    core, is_llc = group.core, entry is group.llc
    ways_allowed = () if core is None else core.llc_ways if is_llc else core.private_l2_ways
    geometry, ways, found = checked(entry, group.first, ways_allowed, is_llc)
    problems += found
    if entry is None and core is None:
        return None
    level = group.inside.index(entry) + 2 if entry else (core.llc_level if core else None) or 2
    return Cache(
        level=level,
        size=geometry.size,
        ways=ways,
        line=geometry.line,
        sets=geometry.sets,
        index=_index(core, geometry, is_llc),
        shared_by=group.shares_with if is_llc else 1,
        index_policy="PIPT" if core and core.linear else None,
        id=entry.node.path if entry and is_llc and group.shares_with > len(group.cpus) else "",
    )


def _index(core: Core | None, geometry: TreeGeometry, is_llc: bool) -> IndexFunction:
    if core is None or not core.linear or not is_llc:
        return UnknownIndex(
            f"no manual documents how this cache of {core.name if core else 'an unknown core'} is indexed"
        )
    if geometry.line is None or geometry.sets is None:
        return UnknownIndex("linear, but the device tree does not give its number of sets")
    return Linear(geometry.line, geometry.sets)
