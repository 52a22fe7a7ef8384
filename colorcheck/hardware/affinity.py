"""The last-level caches that two domains share, given the CPUs on which they may run, and their colors there."""

from __future__ import annotations

from math import gcd

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.hardware.board import Board, Cache, Cluster

Cpus = frozenset[int] | None
"""Xen's numbers of physical CPUs; None for any CPU."""


class CacheGroup(Struct, frozen=True):
    """One last-level cache and the clusters that use it.

    `cpus` are the CPUs that use it, None if not known, so that any CPU may. `clusters` are indexes into
    `Board.clusters`; several if cores of two kinds share a cache (DynamIQ).
    """

    cache: Cache | None
    clusters: tuple[int, ...]
    cpus: Cpus
    label: str

    def used_by(self, cpus: Cpus) -> bool:
        """Whether a domain that may run on these CPUs may use this cache. True if anything is unknown."""
        return cpus is None or self.cpus is None or bool(cpus & self.cpus)

    def colors_apart(self, nr_colors: int) -> int | None:
        """The m such that frames whose colors differ modulo m never meet in this cache, if Xen uses `nr_colors`.

        A cache whose way holds n frames maps frame f to f mod n, Xen to f mod `nr_colors`; both respect the greatest
        common divisor. None if the number of sets is not known.
        """
        own = self.cache.nr_colors if self.cache else None
        return gcd(nr_colors, own) if own else None


class CacheMeeting(Struct, frozen=True):
    """Two domains in one cache that both use: the colors, modulo `modulus`, in which they meet.

    `modulus` is None if the cache's geometry is unknown; then `colors` has no meaning.
    """

    group: CacheGroup
    modulus: int | None
    colors: ColorSet

    @property
    def apart(self) -> bool:
        """Whether the colors isolate the two in this cache, provided that its index is linear."""
        return self.modulus is not None and not self.colors


def cache_groups(board: Board) -> tuple[CacheGroup, ...]:
    """The last-level caches of the clusters, in the order of the board, without the system cache behind them."""
    known = _numbered(board)
    groups: list[CacheGroup] = []
    done: set[int] = set()
    for number, cluster in enumerate(board.clusters):
        if number in done:
            continue
        members = tuple(i for i, other in enumerate(board.clusters) if i == number or _same_cache(cluster, other))
        done.update(members)
        cpus = frozenset(cpu for i in members for cpu in board.clusters[i].cpus) if known else None
        groups.append(CacheGroup(cluster.llc, members, cpus, _label(board, members)))
    return tuple(groups)


def shared_caches(board: Board, first: Cpus, second: Cpus) -> tuple[CacheGroup, ...]:
    """The last-level caches that two domains share if they may run on these CPUs.

    A domain with a CPU that the board does not have is treated as running on any CPU.
    """
    groups = cache_groups(board)
    every = frozenset(cpu for group in groups for cpu in group.cpus or ())
    first, second = (None if cpus is None or not cpus or cpus - every else cpus for cpus in (first, second))
    return tuple(group for group in groups if group.used_by(first) and group.used_by(second))


def meetings(
    board: Board, first: tuple[ColorSet, Cpus], second: tuple[ColorSet, Cpus], nr_colors: int
) -> tuple[CacheMeeting, ...]:
    """The meetings of two domains, each with its colors and CPUs, in every last-level cache that they share."""
    found = []
    for group in shared_caches(board, first[1], second[1]):
        modulus = group.colors_apart(nr_colors)
        both = first[0].folded(modulus) & second[0].folded(modulus) if modulus else ColorSet()
        found.append(CacheMeeting(group, modulus, both))
    return tuple(found)


def folds(board: Board, nr_colors: int) -> tuple[tuple[CacheGroup, int], ...]:
    """The last-level caches with fewer colors than Xen uses, with their number."""
    seen = ((group, group.colors_apart(nr_colors)) for group in cache_groups(board))
    return tuple((group, modulus) for group, modulus in seen if modulus is not None and modulus < nr_colors)


def _same_cache(one: Cluster, other: Cluster) -> bool:
    return bool(one.llc and other.llc and one.llc.id and one.llc.id == other.llc.id)


def _numbered(board: Board) -> bool:
    """Whether the clusters name every CPU exactly once, as Xen counts them: 0 and up without gaps."""
    listed = [cpu for cluster in board.clusters for cpu in cluster.cpus]
    complete = all(c.cpus and (c.n_cores is None or c.n_cores == len(c.cpus)) for c in board.clusters)
    return complete and sorted(listed) == list(range(len(listed)))


def _label(board: Board, members: tuple[int, ...]) -> str:
    first = board.clusters[members[0]]
    level = f"L{first.llc.level}" if first.llc else "last-level cache"
    cores = " and ".join(dict.fromkeys(board.clusters[i].cores for i in members))
    several = sum(cluster.cores == first.cores for cluster in board.clusters) > 1
    return f"{level} of the {cores} cluster" + (f" {members[0]}" if several else "")
