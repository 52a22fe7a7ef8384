"""A board derived from a device tree: clusters, and the geometry of the cache that Xen's probe takes in each.

A device tree is a claim, and many are wrong: whatever contradicts the core's manual becomes a problem, and the value
that it concerns becomes unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from colorcheck.diagnostic import Confidence, Problem
from colorcheck.hardware.board import Board, Cache, Cluster
from colorcheck.hardware.cores import Core
from colorcheck.hardware.cpu_tree import CacheNode, Cpu, Geometry, cpus_of_tree
from colorcheck.hardware.geometry_checks import checked, cluster_problems, l1_checked
from colorcheck.hardware.index import IndexFunction, Linear, UnknownIndex
from colorcheck.hardware.iommu import iommu_facts
from colorcheck.inputs.tree import DeviceTree
from colorcheck.inputs.tree_walk import Ancestry, string, strings
from colorcheck.source import Location

WAY_PARTITIONING = (
    "The DynamIQ Shared Unit can partition its L3 by ways (CLUSTERPARTCR_EL1): the tool meant for this cache."
)
Parts = tuple[Cache | None, tuple[Problem, ...]]


def board_from_device_tree(tree: DeviceTree) -> tuple[Board | None, tuple[Problem, ...]]:
    """The board that a tree describes, and what is wrong or missing in the tree.

    None where the tree has no CPUs. A cache that the tree does not give, or gives wrongly, has unknown numbers.
    """
    ancestry = Ancestry(tree)
    cpus = cpus_of_tree(ancestry)
    if not cpus:
        place = tree.node("/cpus") or tree.root
        return None, (Problem("device-tree-no-cpus", "the device tree describes no CPU", place.location),)
    problems: list[Problem] = []
    clusters: list[Cluster] = []
    beyond: list[CacheNode] = []
    for group in _groups(cpus):
        clusters.append(_cluster(group, problems))
        beyond += (entry for entry in group.beyond if entry.node not in [known.node for known in beyond])
    system_cache = _system_cache(beyond, problems)
    colorable, reason = _colorable(clusters, system_cache)
    facts = iommu_facts(ancestry)
    core = cpus[0].core
    board = Board(
        name="device-tree",
        title=string(tree.root, "model") or "an unnamed device tree",
        soc=next(iter(reversed(strings(tree.root.properties.get("compatible")))), ""),
        clusters=tuple(clusters),
        dram=_memory(ancestry),
        pa_bits=core.pa_bits if core else None,
        iommu=facts.summary or None,
        iommu_usable=facts.usable,
        system_cache=system_cache,
        colorable=colorable,
        colorable_reason=reason,
        sources=(tree.file,),
        compatible=strings(tree.root.properties.get("compatible")),
        hint=WAY_PARTITIONING if core and core.dynamiq else "",
        device_tree=tree.file,
        dram_sources=(tree.file,),
        pa_bits_sources=core.pa_bits_sources if core else (),
        iommu_sources=(tree.file,),
    )
    return board, tuple(_once(problems))


def _once(problems: list[Problem]) -> Iterator[Problem]:
    """Each problem once; what every CPU of a kind says of its private caches, only of the first."""
    seen: set[tuple[str, object]] = set()
    for problem in problems:
        private = problem.kind == "device-tree-private-cache"
        key = (problem.kind, problem.message.partition(", ")[2] if private else (problem.message, problem.location))
        if key not in seen:
            seen.add(key)
            yield problem


@dataclass(frozen=True, slots=True)
class Group:
    """CPUs of one kind that use one last-level cache. `inside` are the unified caches that CLIDR_EL1 shows."""

    cpus: tuple[Cpu, ...]
    inside: tuple[CacheNode, ...]
    beyond: tuple[CacheNode, ...]
    llc: CacheNode | None
    shares_with: int  # how many CPUs of any kind use this last-level cache

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
    """The unified caches that CLIDR_EL1 of this core can show: as many as its manual says, all where it is unknown."""
    most = cpu.core.llc_level - 1 if cpu.core and cpu.core.llc_level else len(cpu.chain)
    return cpu.chain[:most]


def _groups(cpus: tuple[Cpu, ...]) -> Iterator[Group]:
    """The clusters in the order of their first CPU, which puts the boot CPU's first."""
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
        yield Group(tuple(group), inside, first.chain[len(inside) :], _llc(first, paths, len(cpus)), users[cache])


def _llc(cpu: Cpu, users: Counter[str], cpus: int) -> CacheNode | None:
    """The outermost cache that CLIDR_EL1 shows. An L2 of one DynamIQ core alone is private: its L3 is not described."""
    inside = _inside(cpu)
    if not inside:
        return None
    alone = cpu.core is not None and cpu.core.dynamiq and len(inside) == 1 and users[inside[0].node.path] == 1 < cpus
    return None if alone else inside[-1]


def _affinity_cluster(cpu: Cpu) -> str:
    """The cluster by MPIDR_EL1: affinity level 2 for DynamIQ cores, whose level 1 counts the cores; else level 1."""
    return str(cpu.mpidr >> (16 if cpu.core and cpu.core.dynamiq else 8))


def _cluster(group: Group, problems: list[Problem]) -> Cluster:
    core, first = group.core, group.first
    problems += cluster_problems(group.cpus, group.llc, group.shares_with)
    problems += _misnumbered(group)
    # An L2 node of two kinds of cores that each have their own can be right about one of them at most.
    mistaken = core is not None and not core.dynamiq and group.shares_with > len(group.cpus)
    llc = None if mistaken else _cache(group, group.llc, problems)
    inner = next((entry for entry in group.inside if entry is not group.llc), None)
    private = _cache(group, inner, problems) if inner else None
    l1d, found = l1_checked(first, "data", core.l1d_ways if core else ())
    problems += found
    l1i, found = l1_checked(first, "instruction", core.l1i_ways if core else ())
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


def _misnumbered(group: Group) -> Iterator[Problem]:
    """Caches whose `cache-level` is not their place in the chain, which is how CLIDR_EL1 numbers them, without gaps."""
    for place, entry in enumerate(group.inside, 2):
        if entry.level is not None and entry.level != place:
            yield Problem(
                "device-tree-cache-level",
                f"{entry.node.path} calls itself level {entry.level}, but is level {place} of {group.first.name}",
                entry.node.location,
                f"CLIDR_EL1 shows it at level {place}: there is no cache between it and level {place - 1}",
            )


def _cache(group: Group, entry: CacheNode | None, problems: list[Problem]) -> Cache | None:
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


def _index(core: Core | None, geometry: Geometry, is_llc: bool) -> IndexFunction:
    if core is None or not core.linear or not is_llc:
        return UnknownIndex(f"no manual says how this cache of {core.name if core else 'an unknown core'} is indexed")
    if geometry.line is None or geometry.sets is None:
        return UnknownIndex("linear, but the device tree does not tell its number of sets")
    return Linear(geometry.line, geometry.sets)


def _system_cache(beyond: Iterable[CacheNode], problems: list[Problem]) -> Cache | None:
    """The outermost cache that lies behind those of the clusters, with a problem that says so."""
    entries = list(beyond)
    if not entries:
        return None
    last = entries[-1]
    problems.append(
        Problem(
            "device-tree-system-cache",
            f"{last.node.path} lies behind the last-level cache of the cores: CLIDR_EL1 does not show it, and Xen's "
            "colors do not partition it",
            last.node.location,
            "domains stay unseparated in it, whatever their colors",
        )
    )
    numbers = last.geometry
    reason = "a system cache behind the cluster, whose index no core manual describes"
    level = last.level or 3
    return Cache(
        level, numbers.size, numbers.ways or None, numbers.line, numbers.sets, UnknownIndex(reason), in_clidr=False
    )


def _colorable(clusters: list[Cluster], system_cache: Cache | None) -> tuple[str, str]:
    for cluster in clusters:
        index = cluster.llc.index if cluster.llc else UnknownIndex("nothing is known of it")
        if isinstance(index, UnknownIndex):
            return "unverified", f"the last-level cache of {cluster.cores}: {index.reason}"
    if system_cache is not None:
        return "partly", "the last-level caches of the clusters are; the system cache behind them is not"
    return "yes", "the last-level caches of all clusters are indexed linearly"


def _memory(ancestry: Ancestry) -> tuple[tuple[int, int], ...]:
    """The ranges of the memory nodes that are not empty, ascending; those that overlap are one."""
    found: list[tuple[int, int]] = []
    nodes = [node for node in ancestry.tree.root.children if string(node, "device_type") == "memory"]
    regions = {region for node in nodes for region in ancestry.regions(node) if region and region[1]}
    for start, size in sorted(regions):
        if found and start < sum(found[-1]):
            begin = found[-1][0]
            found[-1] = (begin, max(sum(found[-1]), start + size) - begin)
        else:
            found.append((start, size))
    return tuple(found)
