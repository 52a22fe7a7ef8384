"""The number of cells of each party: the multiple-choice knapsack over counts, by dynamic programming.

Each of several parties takes a number of cells from a common stock; every number has a cost. The tables have the least
total cost for the first parties and each stock. They are their own certificate: see `check_tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add

from msgspec import Struct

FORBIDDEN = 1 << 200  # a cost that no sum of allowed costs reaches

Costs = Sequence[int]


class Knapsack(Struct, frozen=True):
    """Least costs. `tables[d][b]` is the least total for the first d parties with b cells; `counts` reach `cost`."""

    cost: int
    counts: tuple[int, ...]
    tables: tuple[tuple[int, ...], ...]


def fill(costs: Sequence[Costs], stock: int) -> Knapsack | None:
    """The cheapest choice of counts whose sum is at most `stock`; None if every choice has a forbidden count.

    `costs[d][n]` is the integer cost of n cells for party d, `FORBIDDEN` if it may not have n cells; each row has
    `stock` + 1 entries. Time is parties × stock².
    """
    tables: list[tuple[int, ...]] = [(0,) * (stock + 1)]
    for row in costs:
        backwards = tables[-1][::-1]
        tables.append(tuple(min(FORBIDDEN, *map(add, row, backwards[stock - budget :])) for budget in range(stock + 1)))
    best = tables[-1][stock]
    if best >= FORBIDDEN:
        return None
    return Knapsack(best, _counts(costs, tables, stock), tuple(tables))


def _counts(costs: Sequence[Costs], tables: Sequence[tuple[int, ...]], stock: int) -> tuple[int, ...]:
    """The choice given by the tables; the smallest counts among equal costs."""
    found: list[int] = []
    budget = stock
    for party in range(len(costs) - 1, -1, -1):
        row, before, least = costs[party], tables[party], tables[party + 1][budget]
        count = next(n for n in range(budget + 1) if row[n] + before[budget - n] == least)
        found.append(count)
        budget -= count
    return tuple(reversed(found))


def check_tables(costs: Sequence[Costs], stock: int, found: Knapsack) -> bool:
    """Whether the tables prove that no choice of counts is cheaper than `found.cost`, and the counts reach it.

    By induction over the parties: no entry exceeds any previous entry plus the cost of the cells taken, so the last
    entry is a lower bound of every choice. Nothing is minimized here.
    """
    if len(found.tables) != len(costs) + 1 or any(entry > 0 for entry in found.tables[0]):
        return False
    for row, before, after in zip(costs, found.tables, found.tables[1:], strict=False):
        for count, cost in enumerate(row):
            if cost < FORBIDDEN and any(
                entry > cost + earlier for entry, earlier in zip(after[count:], before, strict=False)
            ):
                return False
    reached = sum(row[count] for row, count in zip(costs, found.counts, strict=True))
    return sum(found.counts) <= stock and reached == found.cost == found.tables[-1][stock]
