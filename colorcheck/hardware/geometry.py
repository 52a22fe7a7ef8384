"""A board derived from a device tree: clusters, and the geometry of the cache that Xen's probe selects in each.

Many device trees are wrong: a value that contradicts the core's manual becomes a problem, and is treated as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.hardware.board import Board, Cache, Cluster
from colorcheck.hardware.cluster_tree import clusters_of_tree
from colorcheck.hardware.cpu_tree import CacheNode, cpus_of_tree
from colorcheck.hardware.index import UnknownIndex
from colorcheck.hardware.iommu import iommu_facts
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import Ancestry, ancestry_of, string, strings

WAY_PARTITIONING = (
    "The DynamIQ Shared Unit can partition its L3 by ways (CLUSTERPARTCR_EL1), which is the mechanism for this cache."
)
MOST_ADDRESS = 1 << 52  # FEAT_LPA, Arm DDI 0487


def board_from_device_tree(tree: DeviceTree, boot_cpu: int | None = None) -> tuple[Board | None, tuple[Problem, ...]]:
    """The board that a tree describes, and problems for wrong or missing values.

    `boot_cpu` is the MPIDR of the CPU on which Xen starts. If it is not known and there are several clusters, no
    cluster's CPUs are numbered, and `boot_known` is False. None if the tree has no CPUs. The numbers of a cache that is
    missing or wrong in the tree are unknown.
    """
    ancestry = ancestry_of(tree)
    cpus = cpus_of_tree(ancestry, boot_cpu)
    if not cpus:
        place = tree.node("/cpus") or tree.root
        return None, (Problem(ProblemKind.DEVICE_TREE_NO_CPUS, "the device tree describes no CPU", place.location),)
    found = clusters_of_tree(cpus)
    problems = list(found.problems)
    system_cache = _system_cache(found.beyond, problems)
    colorable, reason = _colorable(found.clusters, system_cache)
    facts = iommu_facts(ancestry)
    clusters = found.clusters
    known = len(clusters) == 1 or cpus[0].mpidr == boot_cpu
    if not known:
        clusters = tuple(replace(cluster, cpus=()) for cluster in clusters)
    cores = {cpu.core.pa_bits if cpu.core else None for cpu in cpus}
    core = cpus[0].core if known or len(cores) == 1 else None
    board = Board(
        name="device-tree",
        title=string(tree.root, "model") or "an unnamed device tree",
        soc=next(iter(reversed(strings(tree.root.properties.get("compatible")))), ""),
        clusters=clusters,
        dram=_memory(ancestry, problems),
        pa_bits=core.pa_bits if core else None,
        iommu=facts.summary or None,
        iommu_usable=facts.usable,
        system_cache=system_cache,
        colorable=colorable,
        colorable_reason=reason,
        sources=(tree.file,),
        compatible=strings(tree.root.properties.get("compatible")),
        hint=WAY_PARTITIONING if cpus[0].core and cpus[0].core.dynamiq else "",
        device_tree=tree.file,
        dram_sources=(tree.file,),
        pa_bits_sources=core.pa_bits_sources if core else (),
        iommu_sources=(tree.file,),
        boot_known=known,
    )
    return board, tuple(_once(problems))


def _once(problems: list[Problem]) -> Iterator[Problem]:
    """Each problem once; problems of private caches only for the first CPU of a kind."""
    seen: set[tuple[str, object]] = set()
    for problem in problems:
        private = problem.kind is ProblemKind.DEVICE_TREE_PRIVATE_CACHE
        key = (problem.kind, problem.message.partition(", ")[2] if private else (problem.message, problem.location))
        if key not in seen:
            seen.add(key)
            yield problem


def _system_cache(entries: tuple[CacheNode, ...], problems: list[Problem]) -> Cache | None:
    """The outermost cache behind those of the clusters, for which a problem is added."""
    if not entries:
        return None
    last = entries[-1]
    problems.append(
        Problem(
            ProblemKind.DEVICE_TREE_SYSTEM_CACHE,
            f"{last.node.path} is behind the last-level cache of the cores: CLIDR_EL1 does not show it, and Xen's "
            "colors do not partition it",
            last.node.location,
            "domains are not separated in it, whatever their colors are",
        )
    )
    numbers = last.geometry
    reason = "a system cache behind the cluster, whose index no core manual describes"
    level = last.level or 3
    return Cache(
        level, numbers.size, numbers.ways or None, numbers.line, numbers.sets, UnknownIndex(reason), in_clidr=False
    )


def _colorable(clusters: tuple[Cluster, ...], system_cache: Cache | None) -> tuple[str, str]:
    for cluster in clusters:
        index = cluster.llc.index if cluster.llc else UnknownIndex("nothing is known about it")
        if isinstance(index, UnknownIndex):
            return "unverified", f"the last-level cache of {cluster.cores}: {index.reason}"
    if system_cache is not None:
        return "partly", "the last-level caches of the clusters are; the system cache behind them is not"
    return "yes", "the last-level caches of all clusters are indexed linearly"


def _memory(ancestry: Ancestry, problems: list[Problem]) -> tuple[tuple[int, int], ...]:
    """The non-empty ranges of the memory nodes, ascending; overlapping ones are merged."""
    found: list[tuple[int, int]] = []
    regions: set[tuple[int, int]] = set()
    for node in ancestry.tree.root.children:
        if string(node, "device_type") != "memory":
            continue
        here = {region for region in ancestry.regions(node) if region and region[1]}
        beyond = [start for start, size in here if start + size > MOST_ADDRESS]
        if beyond:
            message = f"{node.path} has memory at {beyond[0]:#x}, beyond what any Arm core can address"
            problems.append(
                Problem(ProblemKind.DEVICE_TREE_MEMORY, message, node.location, "see #address-cells and #size-cells")
            )
        regions |= {(start, size) for start, size in here if start + size <= MOST_ADDRESS}
    for start, size in sorted(regions):
        if found and start < sum(found[-1]):
            begin = found[-1][0]
            found[-1] = (begin, max(sum(found[-1]), start + size) - begin)
        else:
            found.append((start, size))
    return tuple(found)
