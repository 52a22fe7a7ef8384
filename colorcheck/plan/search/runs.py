"""Placements in which every block's cells are one run of neighbors."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise

from colorcheck.plan.search.place import Placed

BEAM = 256  # sets of blocks that are kept of each size; up to ten blocks all of them


def in_runs(
    cells: Sequence[int], held: Sequence[int], counts: Sequence[tuple[int, int]], needs: Sequence[int]
) -> Placed | None:
    """One run of neighbors for each, with the least and most cells of `counts` and room for `needs`; None if none
    is found. `cells` are the numbers of the free cells (a gap ends a run), `held` what each holds.

    From left to right: of all orders of the same blocks, the one that ends first is kept. With up to ten blocks the
    search is complete.
    """
    ends = [_ends(cells, held, *bounds, need) for bounds, need in zip(counts, needs, strict=True)]
    known: dict[int, tuple[int, tuple[tuple[int, int, int], ...]]] = {0: (0, ())}
    for _ in counts:
        following: dict[int, tuple[int, tuple[tuple[int, int, int], ...]]] = {}
        for done, (position, runs) in known.items():
            for block, table in enumerate(ends):
                if done >> block & 1 or table[position] is None:
                    continue
                start, end = table[position] or (0, 0)
                after = done | 1 << block
                if after not in following or end < following[after][0]:
                    following[after] = (end, (*runs, (block, start, end)))
        known = dict(sorted(following.items(), key=lambda each: each[1][0])[:BEAM])
    if not known:
        return None
    _, runs = next(iter(known.values()))
    return tuple(tuple(range(start, end)) for _, start, end in sorted(runs))


def _ends(cells: Sequence[int], held: Sequence[int], low: int, high: int, need: int) -> list[tuple[int, int] | None]:
    """For each position the run from there on that ends first, as (start, end)."""
    stock = len(cells)
    sums = [0, *accumulate(held)]
    gaps = [number for number, (one, other) in enumerate(pairwise(cells), 1) if other != one + 1]
    found: list[tuple[int, int] | None] = [None] * (stock + 1)
    for start in range(stock - 1, -1, -1):
        edge = bisect_left(gaps, start + 1)
        limit = min(gaps[edge] if edge < len(gaps) else stock, start + high)
        end = max(start + max(1, low), bisect_left(sums, sums[start] + need))
        later = found[start + 1]
        found[start] = (start, end) if end <= limit and (later is None or end <= later[1]) else later
    return found
