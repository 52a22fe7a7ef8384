"""Colors that must stay together because a shared cache, or a DRAM bank, does not distinguish them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import PAGE
from colorcheck.hardware.affinity import Cpus, cache_groups, shared_caches
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.gf2 import combinations, parity
from colorcheck.hardware.index import Linear
from colorcheck.plan.problem import Demand


def cells(
    board: Board | None, nr_colors: int, *, separate_banks: bool = False, users: Sequence[Cpus] = (None,)
) -> tuple[ColorSet, ...]:
    """Sets of colors, all of the same size, such that frames of different sets never meet.

    `users` are the CPUs of each domain; a cluster on which none of them may run is only used by Xen and ignored. A
    cache with an unknown index is ignored here; theorems about it are unknown. With `separate_banks` frames of
    different sets do not meet in a DRAM bank either.
    """
    keys: list[list[object]] = []
    if board is not None:
        groups = [group for group in cache_groups(board) if any(group in shared_caches(board, c, c) for c in users)]
        caches = [group.cache for group in groups or cache_groups(board)] + [board.system_cache]
        keys = [_seen_by(cache, nr_colors) for cache in caches if cache is not None]
        if separate_banks and board.dram_map is not None:
            keys.append(_told_apart(board.dram_map.select_masks, nr_colors))
    return _joined(keys, nr_colors)


def without_common_cache(
    board: Board | None, demands: Sequence[Demand], users: Sequence[Cpus]
) -> tuple[tuple[str, ...], ...]:
    """Groups of pinned domains without a common cache: each group may share colors if necessary.

    Groups are disjoint; domains that need most memory are grouped with those that need least.
    """
    if board is None or board.system_cache is not None:
        return ()
    waiting = sorted(zip(demands, users, strict=False), key=lambda each: each[0].pages)
    found = []
    while waiting:
        group = [waiting.pop()]
        for other in list(waiting):
            if not any(shared_caches(board, other[1], mine) for _, mine in group):
                group.append(other)
                waiting.remove(other)
        if len(group) > 1:
            found.append(tuple(demand.name for demand, _ in group))
    return tuple(found)


def _seen_by(cache: Cache, nr_colors: int) -> list[object]:
    """The key of each color in a cache; all different if its index is unknown."""
    masks = cache.index.masks()
    if masks is not None:
        return _told_apart(masks, nr_colors)
    if isinstance(cache.index, Linear) and cache.index.line * cache.index.sets % PAGE == 0:
        own = cache.index.line * cache.index.sets // PAGE
        return _modulo(own, nr_colors)
    return list(range(nr_colors))


def _modulo(own: int, nr_colors: int) -> list[object]:
    from math import gcd

    return [color % gcd(own, nr_colors) for color in range(nr_colors)]


def _told_apart(masks: Sequence[int], nr_colors: int) -> list[object]:
    """The parities that the color alone determines: two colors that differ in one of them never meet."""
    decided = (nr_colors - 1) * PAGE
    sums = []
    for chosen in combinations(tuple(masks), decided):
        whole = 0
        for number, mask in enumerate(masks):
            if chosen >> number & 1:
                whole ^= mask
        sums.append(whole)
    return [tuple(parity(color * PAGE, each) for each in sums) for color in range(nr_colors)]


def _joined(keys: Iterable[Sequence[object]], nr_colors: int) -> tuple[ColorSet, ...]:
    """Sets of colors that meet somewhere, directly or through others; ordered by their lowest color."""
    groups = [1 << color for color in range(nr_colors)]
    for key in keys:
        together: dict[object, int] = {}
        for color in range(nr_colors):
            together[key[color]] = together.get(key[color], 0) | 1 << color
        for mask in together.values():
            touched = [group for group in groups if group & mask]
            whole = 0
            for group in touched:
                whole |= group
            groups = [group for group in groups if not group & mask] + [whole]
    return tuple(ColorSet.of_mask(group) for group in sorted(groups, key=lambda group: group & -group))
