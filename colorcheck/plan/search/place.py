"""Assigns cells to blocks, given their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Placed = tuple[tuple[int, ...], ...]


def place(
    held: Sequence[int], counts: Sequence[int], needs: Sequence[int], today: Sequence[frozenset[int]]
) -> Iterator[Placed]:
    """Placements in which every block has its count of cells and they hold what it needs; possibly none.

    `held` are frames of each free cell. The first attempts keep today's cells, the next ones group neighbors; an
    attempt that lacks frames is repaired by swapping cells. Not every possible placement is found.
    """
    for start in (_keeping(counts, today, len(held)), *_runs(held, counts, needs)):
        repaired = _repaired(held, start, needs, today)
        if repaired is not None:
            yield tuple(tuple(sorted(cells)) for cells in repaired)


def _keeping(counts: Sequence[int], today: Sequence[frozenset[int]], stock: int) -> list[list[int]]:
    """Each block keeps the cells that no other claims, then gets remaining ones, neighbors of its own cells first."""
    claims = [sum(cell in cells for cells in today) for cell in range(stock)]
    owned: list[list[int]] = [[] for _ in counts]
    free = set(range(stock))
    for wanted in (1, stock + len(counts)):
        for number, count in enumerate(counts):
            for cell in sorted(today[number] & free):
                if len(owned[number]) < count and claims[cell] <= wanted:
                    owned[number].append(cell)
                    free.discard(cell)
    for number, count in enumerate(counts):
        while len(owned[number]) < count:
            near = {cell for own in owned[number] for cell in (own - 1, own + 1)} & free
            cell = min(near or free)
            owned[number].append(cell)
            free.discard(cell)
    return owned


def _runs(held: Sequence[int], counts: Sequence[int], needs: Sequence[int]) -> Iterator[list[list[int]]]:
    """One run of neighbors for each, in the given order; then the fullest cells for blocks that need most per cell."""
    owned, begin = [], 0
    for count in counts:
        owned.append(list(range(begin, begin + count)))
        begin += count
    yield owned
    order = sorted(range(len(counts)), key=lambda n: needs[n] / counts[n] if counts[n] else 0.0, reverse=True)
    by_size = sorted(range(len(held)), key=lambda cell: held[cell], reverse=True)
    fullest: list[list[int]] = [[] for _ in counts]
    begin = 0
    for number in order:
        fullest[number] = by_size[begin : begin + counts[number]]
        begin += counts[number]
    yield fullest


def _repaired(
    held: Sequence[int], start: list[list[int]], needs: Sequence[int], today: Sequence[frozenset[int]]
) -> list[list[int]] | None:
    """Swap cells until all blocks have enough, preferably not those of today; None if no single swap helps."""
    owned = [list(cells) for cells in start]
    free = sorted(set(range(len(held))) - {cell for cells in owned for cell in cells})
    slack = [sum(held[cell] for cell in cells) - need for cells, need in zip(owned, needs, strict=True)]
    for _ in range(4 * len(held) + 4):
        poor = min(range(len(owned)), key=lambda n: slack[n], default=None)
        if poor is None or slack[poor] >= 0:
            return owned
        swap = _best_swap(held, (owned, free, today), slack, poor)
        if swap is None:
            return None
        mine, donor, theirs = swap
        gain = held[theirs] - held[mine]
        owned[poor][owned[poor].index(mine)] = theirs
        slack[poor] += gain
        if donor is None:
            free[free.index(theirs)] = mine
        else:
            owned[donor][owned[donor].index(theirs)] = mine
            slack[donor] -= gain
    return None


def _best_swap(
    held: Sequence[int],
    cells_of: tuple[Sequence[list[int]], Sequence[int], Sequence[frozenset[int]]],
    slack: Sequence[int],
    poor: int,
) -> tuple[int, int | None, int] | None:
    """(own cell, donor or None for the free cells, its cell): with the fewest changes from today, then just enough if
    possible, else as much as can be had. `cells_of` are everyone's cells, the free ones, and everyone's of today."""
    owned, free, today = cells_of
    lacking = -slack[poor]
    best: tuple[tuple[int, int], tuple[int, int | None, int]] | None = None
    donors: list[tuple[int | None, Sequence[int], int]] = [(None, free, 1 << 62)]
    donors += [(n, cells, slack[n]) for n, cells in enumerate(owned) if n != poor and slack[n] > 0]
    nobody: frozenset[int] = frozenset()
    for mine in owned[poor]:
        for donor, cells, spare in donors:
            theirs_today = nobody if donor is None else today[donor]
            for theirs in cells:
                gain = held[theirs] - held[mine]
                if not 0 < gain <= spare:
                    continue
                moved = (mine in today[poor]) - (theirs in today[poor])
                moved += (theirs in theirs_today) - (mine in theirs_today)
                score = (moved, gain - lacking if gain >= lacking else (1 << 61) - gain)
                if best is None or score < best[0]:
                    best = (score, (mine, donor, theirs))
    return best[1] if best else None
