"""Assigns cells with different numbers of frames: close to each need, so that all owners get enough.

Bins are covered one after the other with as little waste as possible, the last three together by exhaustive search,
repeatedly in different orders. A result is a valid placement; no result proves nothing.
"""

from __future__ import annotations

import random
import time
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from colorcheck.plan.search.place import Placed

SEED = 20  # fixed, so that every run makes the same attempts
BASES = 16  # ways to begin a bin of which the least wasteful is kept
MOST_CELLS = 80  # of which all sets of three are tried for a bound
LAST_CELLS = 16  # with at most this many cells, all sets are tried

Bounds = tuple[int, int]
Task = tuple[Sequence[int], Sequence[int], Sequence[Bounds]]
"""Frames of each cell, what each needs, and the least and most cells of each."""


def least_taken(held: Sequence[int], need: int, count: int) -> int:
    """A lower bound on the frames of `count` or more cells that hold the need; exact for up to three cells."""
    sizes = sorted(held)
    return (
        _least_taken(tuple(sizes), need, max(1, count)) if len(sizes) <= MOST_CELLS else max(need, sum(sizes[:count]))
    )


@lru_cache(maxsize=4096)
def _least_taken(sizes: tuple[int, ...], need: int, count: int) -> int:
    found = max(need, sum(sizes[: max(4, count)]))
    if count <= 3 and sum(sizes[-3:]) >= need:
        for number, size in enumerate(sizes):
            found = min(found, _two(sizes[number + 1 :], need - size) + size)
    if count <= 2 and sum(sizes[-2:]) >= need:
        found = min(found, _two(sizes, need))
    if count <= 1 and sizes and sizes[-1] >= need:
        found = min(found, sizes[bisect_left(sizes, need)])
    return found


def _two(sizes: Sequence[int], need: int) -> int:
    """The least sum of two that is enough; larger than any sum if there is none."""
    low, high, best = 0, len(sizes) - 1, 1 << 62
    while low < high:
        both = sizes[low] + sizes[high]
        if both >= need:
            best = min(best, both)
            high -= 1
        else:
            low += 1
    return best


def filled_up(
    held: Sequence[int], needs: Sequence[int], bounds: Sequence[Bounds], deadline: float, tries: int = 70
) -> Placed | None:
    """Cells (numbers into `held`) for each, with least and most cells of `bounds` and room for `needs`; None if none
    were found. `deadline` is a time of `time.monotonic`."""
    chance = random.Random(SEED)
    order = sorted(range(len(needs)), key=lambda n: needs[n])
    idle = [n for n in order if not needs[n]]
    needing = [n for n in order if needs[n]]
    cells = sorted(range(len(held)), key=lambda cell: held[cell])
    found: dict[int, list[int]] = {}
    for n in idle:
        found[n], cells = cells[: bounds[n][0]], cells[bounds[n][0] :]
    if len(cells) < sum(bounds[n][0] for n in needing) or sum(held[c] for c in cells) < sum(needs):
        return None
    if not needing:
        return tuple(tuple(sorted(found.get(n, []))) for n in range(len(needs)))
    for _ in range(tries):
        if time.monotonic() > deadline:
            return None
        needing.sort(
            key=lambda n: needs[n] * chance.uniform(0.85, 1.15)
        )  # owners of few cells fit while there are many
        done = _one_try((held, needs, bounds), list(cells), needing, chance)
        if done is not None:
            found |= done
            return tuple(tuple(sorted(found[n])) for n in range(len(needs)))
    return None


def _one_try(task: Task, cells: list[int], order: Sequence[int], chance: random.Random) -> dict[int, list[int]] | None:
    held, needs, bounds = task
    found: dict[int, list[int]] = {}
    waste = sum(held[cell] for cell in cells) - sum(needs[n] for n in order)
    for place, n in enumerate(order):
        rest = order[place:]
        if len(rest) <= 3 and len(cells) <= LAST_CELLS:
            last = _all_tried(held, needs, bounds, cells, rest)
            return None if last is None else found | last
        if len(rest) == 1:
            own = _exactly(held, needs[n], bounds[n], cells)
        else:
            most = min(bounds[n][1], len(cells) - sum(bounds[m][0] for m in rest[1:]))
            own = _closely(held, needs[n], (bounds[n][0], most), cells, chance)
        if own is None:
            return None
        waste -= sum(held[cell] for cell in own) - needs[n]
        if waste < 0:
            return None
        found[n] = own
        taken = set(own)
        cells = [cell for cell in cells if cell not in taken]
    return found


def _exactly(held: Sequence[int], need: int, bounds: Bounds, cells: Sequence[int]) -> list[int] | None:
    """The last owner gets the remaining cells, the fullest first."""
    own = sorted(cells, key=lambda cell: held[cell], reverse=True)[: bounds[1]]
    return own if len(own) >= bounds[0] and sum(held[cell] for cell in own) >= need else None


def _closely(
    held: Sequence[int], need: int, bounds: Bounds, cells: Sequence[int], chance: random.Random
) -> list[int] | None:
    """Cells that hold little more than the need: some at random, the last two so that the sum fits best."""
    mean = sum(held[cell] for cell in cells) / len(cells)
    usual = need / mean
    best: tuple[int, list[int]] | None = None
    for turn in range(BASES):
        count = max(bounds[0], 1, int(usual) + (turn % 2 if usual % 1 > 0.15 else 0))
        count = min(count, bounds[1], len(cells))
        if count < max(1, bounds[0]):
            return None
        base = chance.sample(list(cells), max(0, count - 2))
        inside = set(base)
        others = [cell for cell in cells if cell not in inside]
        lacking = need - sum(held[cell] for cell in base)
        ending = _ending(held, lacking, others, count - len(base))
        if ending is not None and (best is None or ending[0] < best[0]):
            best = (ending[0], base + ending[1])
    return best[1] if best else None


def _ending(held: Sequence[int], lacking: int, cells: Sequence[int], count: int) -> tuple[int, list[int]] | None:
    """(waste, cells): one cell or two that hold little more than the missing frames; None if there are none."""
    ordered = sorted(cells, key=lambda cell: held[cell])
    sizes = [held[cell] for cell in ordered]
    if count == 1:
        at = bisect_left(sizes, lacking)
        return (sizes[at] - lacking, [ordered[at]]) if at < len(sizes) else None
    best: tuple[int, list[int]] | None = None
    for number, size in enumerate(sizes):
        at = bisect_left(sizes, lacking - size, number + 1)
        if at < len(sizes) and (best is None or sizes[at] + size - lacking < best[0]):
            best = (sizes[at] + size - lacking, [ordered[number], ordered[at]])
    return best


def _all_tried(
    held: Sequence[int], needs: Sequence[int], bounds: Sequence[Bounds], cells: Sequence[int], rest: Sequence[int]
) -> dict[int, list[int]] | None:
    """Cells for the last of all, at most three, by trying all sets for one of them and all for the next."""
    sums = [0]
    for cell in cells:
        sums += [held[cell] + before for before in sums]
    everything = len(sums) - 1
    total, needed = sums[everything], sum(needs[n] for n in rest)
    spare = total - needed
    if spare < 0:
        return None
    first, *others = rest
    if not others:
        own = _exactly(held, needs[first], bounds[first], cells)
        return None if own is None else {first: own}
    low, high = needs[first], needs[first] + spare
    chosen = [m for m, whole in enumerate(sums) if low <= whole <= high and _within(m, bounds[first])]
    for mask in sorted(chosen, key=sums.__getitem__):
        left = everything ^ mask
        if len(others) == 1:
            if sums[left] >= needs[others[0]] and _within(left, bounds[others[0]]):
                return {first: _cells(mask, cells), others[0]: _cells(left, cells)}
            continue
        one, other = others
        part = left
        while part:
            fits = sums[part] >= needs[one] and sums[left ^ part] >= needs[other]
            if fits and _within(part, bounds[one]) and _within(left ^ part, bounds[other]):
                return {first: _cells(mask, cells), one: _cells(part, cells), other: _cells(left ^ part, cells)}
            part = (part - 1) & left
    return None


def _within(mask: int, bounds: Bounds) -> bool:
    return bounds[0] <= mask.bit_count() <= bounds[1]


def _cells(mask: int, cells: Sequence[int]) -> list[int]:
    return [cell for number, cell in enumerate(cells) if mask >> number & 1]
