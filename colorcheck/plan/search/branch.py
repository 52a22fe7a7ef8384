"""Branching on counts if the cheapest counts cannot be placed: every choice that could still be cheaper is tried.

The knapsack's tables bound the cost of the undecided parties from below; Hall's condition (some parties need more than
the same number of fullest cells holds) prunes counts that can never be placed.
"""

from __future__ import annotations

import time
from bisect import insort
from collections.abc import Callable, Sequence

from colorcheck.plan.search.knapsack import FORBIDDEN, Costs, fill
from colorcheck.plan.search.place import Placed

NODES = 100_000


class Branching:
    """A search for the cheapest counts that can be placed.

    `most[k]` is the most that any k cells hold, `needs` what each party needs; `placed` tries to place counts, and
    `unplaceable` decides whether they certainly cannot be placed. `deadline` is in terms of `time.monotonic`.
    """

    def __init__(
        self,
        costs: Sequence[Costs],
        needs: Sequence[int],
        most: Sequence[int],
        *,
        placed: Callable[[Sequence[int]], Placed | None],
        unplaceable: Callable[[Sequence[int]], bool],
        deadline: float,
    ) -> None:
        self.stock = len(most) - 1
        self.order = sorted(range(len(needs)), key=lambda party: needs[party], reverse=True)
        self.costs = [costs[party] for party in self.order]
        self.needs = [needs[party] for party in self.order]
        self.most, self.placed, self.unplaceable, self.deadline = most, placed, unplaceable, deadline
        self.nodes = 0
        self.best: tuple[int, Placed] | None = None
        self.open = FORBIDDEN  # the least cost of counts of which it is not known whether they can be placed

    def run(self, known: int) -> int:
        """Store the cheapest placement that costs less than `known` in `best`; returns a lower bound for all
        placements.
        """
        rest = fill(self.costs[::-1], self.stock)
        if rest is None:
            return known
        self.limit = known
        self.tables = rest.tables[::-1]  # tables[d][b]: what the parties from d on cost at least with b cells
        finished = self._descend(0, 0, 0, [], [])
        least = min(self.limit, self.open)
        return least if finished else min(least, rest.cost)

    def _descend(
        self, party: int, used: int, cost: int, counts: list[int], demands: list[tuple[float, int, int]]
    ) -> bool:
        """Tries every count of a party, the most promising first; False if the search had to stop."""
        if party == len(self.costs):
            self._leaf(counts, cost)
            return time.monotonic() < self.deadline
        row, after, left = self.costs[party], self.tables[party + 1], self.stock - used
        children = sorted(
            (row[count] + after[left - count], count)
            for count in range(left + 1)
            if row[count] + after[left - count] + cost < self.limit
        )
        for bound, count in children:
            if cost + bound >= self.limit:
                break
            self.nodes += 1
            if self.nodes > NODES or (self.nodes % 64 == 0 and time.monotonic() > self.deadline):
                return False
            wider = list(demands)
            if self.needs[party]:
                insort(wider, (-self.needs[party] / max(1, count), self.needs[party], count))
            if self._fits(wider) and not self._descend(
                party + 1, used + count, cost + row[count], [*counts, count], wider
            ):
                return False
        return True

    def _fits(self, demands: Sequence[tuple[float, int, int]]) -> bool:
        """Whether the most demanding parties, taken together, can be served by the fullest cells."""
        needed = cells = 0
        for _, need, count in demands:
            needed, cells = needed + need, cells + count
            if needed > self.most[cells]:
                return False
        return True

    def _leaf(self, counts: Sequence[int], cost: int) -> None:
        ordered = [0] * len(counts)
        for position, party in enumerate(self.order):
            ordered[party] = counts[position]
        placed = self.placed(ordered)
        if placed is not None:
            self.best, self.limit = (cost, placed), cost
        elif not self.unplaceable(ordered):
            self.open = min(self.open, cost)
