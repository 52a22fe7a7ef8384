"""The share of a core's private caches that colors can use.

A first-level cache that is indexed with physical address bits above the page offset is partitioned by colors, too,
although no other core uses it: a domain with few colors has a smaller L1.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Board, Cache, CacheKind
from colorcheck.hardware.index import Linear


class PrivateShare(Struct, frozen=True):
    """A private cache of a cluster's cores, and the parts of it that frames of given colors can use.

    A part is the sets that the lines of one frame can use; `usable` of `parts` can be used.
    """

    cluster: int
    cores: str
    cache: Cache
    usable: int
    parts: int

    @property
    def share(self) -> float:
        """The usable fraction, from 1 / parts to 1."""
        return self.usable / self.parts

    @property
    def name(self) -> str:
        return {CacheKind.DATA: "L1 data cache", CacheKind.INSTRUCTION: "L1 instruction cache"}.get(
            self.cache.kind, f"private L{self.cache.level}"
        )


def private_shares(board: Board, colors: Iterable[int], nr_colors: int) -> tuple[PrivateShare, ...]:
    """The share that these colors can use of each private cache whose index is known to be physical and linear.

    Caches with a virtual or unknown index are omitted.
    """
    found = []
    seen: set[tuple[str, Cache]] = set()
    for number, cluster in enumerate(board.clusters):
        for cache in (cluster.l1d, cluster.l1i, cluster.private_l2):
            if cache is None or (cluster.cores, cache) in seen:
                continue
            seen.add((cluster.cores, cache))
            counted = usable_parts(cache, colors, nr_colors)
            if counted is not None:
                found.append(PrivateShare(number, cluster.cores, cache, *counted))
    return tuple(found)


def usable_parts(cache: Cache, colors: Iterable[int], nr_colors: int) -> tuple[int, int] | None:
    """(usable parts, parts) of a cache for frames of these colors; None if its index is not known to be physical.

    Frames of color c are c, c + nr_colors, …; in a cache of k parts they meet all parts that are c modulo the greatest
    common divisor of both numbers.
    """
    if not isinstance(cache.index, Linear):
        return None
    parts = max(1, cache.index.line * cache.index.sets // PAGE)
    common = gcd(nr_colors, parts)
    return len({color % common for color in colors}) * (parts // common), parts


def reduced_shares(board: Board, colors: Iterable[int], nr_colors: int) -> tuple[PrivateShare, ...]:
    """The shares that are less than 1."""
    return tuple(share for share in private_shares(board, tuple(colors), nr_colors) if share.usable < share.parts)
