"""The caches of a board as simulated: for each cluster, the private ones of a core and the last level."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Board, Cache, Cluster
from colorcheck.hardware.index import KnownIndex, UnknownIndex
from colorcheck.interference.kernel import MAX_WAYS

INCLUSIVE_CORES = frozenset({"cortex-a57", "cortex-a72"})
"""Cores whose L2 strictly includes the L1 data caches (Arm's technical reference manuals, "L2 memory system")."""


class NoModel(ValueError):
    """Something that cannot be simulated; the message says what is missing."""


class CacheModel(Struct, frozen=True):
    """A cache whose geometry and index are known; the line in bytes."""

    name: str
    sets: int
    ways: int
    line: int
    index: KnownIndex


class ClusterModel(Struct, frozen=True):
    """A cluster: its cores' private caches, innermost first, and its last level.

    `inclusive`: lines evicted from the last level also leave the private caches.
    """

    cores: str
    n_cores: int
    private: tuple[CacheModel, ...]
    last: CacheModel
    inclusive: bool


def cluster_models(board: Board) -> tuple[ClusterModel, ...]:
    """The clusters of a board. Raises NoModel if a last-level cache is not sufficiently known."""
    if not board.clusters:
        raise NoModel(f"nothing is known about the caches of {board.title}")
    return tuple(_cluster(cluster) for cluster in board.clusters)


def unmodelled(board: Board) -> tuple[str, ...]:
    """The parts of this board's caches that are not simulated, in words."""
    found = ["instruction fetches; all accesses are to data"]
    for cluster in board.clusters:
        if cluster.l1d is None:
            found.append(f"the L1 data cache of the {cluster.cores}, about which nothing is known")
        for cache, what in ((cluster.l1d, "L1 data cache"), (cluster.private_l2, "private L2")):
            if cache is not None and _known(cache, what) is None:
                found.append(f"the {what} of the {cluster.cores}, whose geometry or index is not known")
    if board.system_cache is not None:
        found.append("the system cache behind the clusters")
    return tuple(found)


def _cluster(cluster: Cluster) -> ClusterModel:
    llc = cluster.llc
    last = _known(llc, f"L{llc.level}") if llc else None
    if llc is None or last is None:
        reason = llc.index.reason if llc and isinstance(llc.index, UnknownIndex) else "its geometry is not known"
        raise NoModel(f"the last-level cache of the {cluster.cores} cannot be simulated: {reason}")
    inner = (
        _known(cluster.l1d, "L1 data") if cluster.l1d else None,
        _known(cluster.private_l2, "private L2") if cluster.private_l2 else None,
    )
    private = tuple(model for model in inner if model)
    if any(model.line != last.line for model in private):
        raise NoModel(f"the caches of the {cluster.cores} have lines of different lengths")
    return ClusterModel(cluster.cores, cluster.n_cores or 1, private, last, cluster.cores in INCLUSIVE_CORES)


def _known(cache: Cache, name: str) -> CacheModel | None:
    """The model of a cache; None if a number or the index is not known."""
    if isinstance(cache.index, UnknownIndex) or not (cache.sets and cache.ways and cache.line):
        return None
    if cache.ways > MAX_WAYS or PAGE % cache.line:
        return None
    return CacheModel(name, cache.index.n_sets, cache.ways, cache.line, cache.index)
