"""The most frames that several domains can take from some colors: a maximum flow, without a solver."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby, pairwise

FlowDemand = tuple[int, Collection[int]]
"""A number of frames, and the colors that they may have."""


def most_taken(demands: Sequence[FlowDemand], free: Sequence[int], of: Collection[int]) -> int:
    """The most frames with colors in `of` that the demands can take together, each at most its own number."""
    return sum(_Flow(demands, free, of).sent)


def unserved(demands: Sequence[FlowDemand], free: Sequence[int]) -> list[int]:
    """The indices of demands that together exceed the frames of all their colors; empty if all can be served."""
    every = {color for _, colors in demands for color in colors}
    flow = _Flow(demands, free, every)
    return flow.reached if sum(flow.sent) < sum(pages for pages, _ in demands) else []


class _Flow:
    """Augmenting paths from demands to classes of colors that the same demands may have."""

    def __init__(self, demands: Sequence[FlowDemand], free: Sequence[int], of: Collection[int]) -> None:
        sets = [frozenset(colors) for _, colors in demands]
        owners = {color: tuple(n for n, colors in enumerate(sets) if color in colors) for color in set(of)}
        used = sorted((color for color in owners if owners[color]), key=lambda color: owners[color])
        classes = [(who, sum(free[c] for c in same)) for who, same in groupby(used, key=lambda color: owners[color])]
        self.owners = [who for who, _ in classes]
        self.room = [held for _, held in classes]
        self.left = [pages for pages, _ in demands]
        self.classes: list[list[int]] = [[k for k, who in enumerate(self.owners) if n in who] for n in range(len(sets))]
        self.given: list[dict[int, int]] = [{} for _ in classes]
        self.sent = [0] * len(sets)
        for demand in range(len(sets)):
            while self.left[demand] and self._augment(demand):
                pass
        self.reached = sorted({n for demand, left in enumerate(self.left) if left for n in self._reach(demand)[0]})

    def _reach(self, demand: int) -> tuple[dict[int, int], dict[int, int], int | None]:
        """The demands and classes on residual paths, each with its predecessor, and a class with room (None if
        there is none).
        """
        demands, classes, waiting = {demand: -1}, dict[int, int](), [demand]
        for number in waiting:
            for k in self.classes[number]:
                if k in classes:
                    continue
                classes[k] = number
                if self.room[k]:
                    return demands, classes, k
                for other, pages in self.given[k].items():
                    if pages and other not in demands:
                        demands[other] = k
                        waiting.append(other)
        return demands, classes, None

    def _augment(self, demand: int) -> bool:
        demands, classes, end = self._reach(demand)
        if end is None:
            return False
        path = [end]  # classes, from the end of the path to its start
        number = classes[end]
        while demands[number] >= 0:
            path.append(demands[number])
            number = classes[path[-1]]
        pages = min(self.left[demand], self.room[end])
        for after, k in pairwise(path):
            pages = min(pages, self.given[k][classes[after]])
        self.room[end] -= pages
        self.left[demand] -= pages
        self.sent[demand] += pages
        for position, k in enumerate(path):
            taker = classes[k]
            self.given[k][taker] = self.given[k].get(taker, 0) + pages
            if position + 1 < len(path):
                self.given[path[position + 1]][taker] -= pages
        return True
