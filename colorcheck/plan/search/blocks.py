"""The problem in counts: blocks that each need some cells of a common stock, and the most that cells hold."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.plan.problem import Demand, PlanProblem

Merge = tuple[str, ...]


class Block(Struct, frozen=True):
    """One or several owners that share the same cells.

    `low` and `high` limit the number of cells; `today` has numbers of free cells.
    """

    demands: tuple[Demand, ...]
    pages: int
    low: int
    high: int
    today: frozenset[int]

    @property
    def name(self) -> str:
        return "+".join(demand.name for demand in self.demands)


class Field(Struct, frozen=True):
    """Blocks without fixed colors, and the free cells: indices into the problem's cells, with the frames of each."""

    problem: PlanProblem
    blocks: tuple[Block, ...]
    fixed: tuple[Demand, ...]
    cells: tuple[int, ...]
    held: tuple[int, ...]
    most: tuple[int, ...]  # most[k]: frames that any k of the cells hold at most

    @property
    def stock(self) -> int:
        return len(self.cells)

    def least(self, block: Block, extra: int = 0) -> int:
        """The fewest cells that may hold the block's frames and `extra` more; `stock` + 1 if none do."""
        need = block.pages + (extra if block.pages else 0)
        return max(block.low, bisect_left(self.most, need))

    def possible(self, extra: int = 0) -> bool:
        """False only where no plan exists: each has a least number of cells, and all together a number of frames."""
        least = [self.least(block, extra) for block in self.blocks]
        if any(count > min(block.high, self.stock) for count, block in zip(least, self.blocks, strict=True)):
            return False
        needed = sum(block.pages + (extra if block.pages else 0) for block in self.blocks)
        return sum(least) <= self.stock and needed <= self.most[-1]


def make_field(problem: PlanProblem, merges: Sequence[Merge] = ()) -> Field | None:
    """The field with these sharing groups merged; None if fixed colors conflict, do not exist or hold too little."""
    units = problem.cells
    taken: dict[int, str] = {}
    fixed = tuple(demand for demand in problem.demands if demand.keep)
    for demand in fixed:
        if not demand.fixed or not demand.fixed <= ColorSet.all(problem.nr_colors):
            return None
        if problem.held(demand.fixed) < demand.pages or not count_allowed(demand, len(demand.fixed)):
            return None
        for number, cell in enumerate(units):
            if not cell.isdisjoint(demand.fixed) and _clash(
                taken.setdefault(number, demand.name), demand.name, problem
            ):
                return None
    cells = tuple(number for number in range(len(units)) if number not in taken)
    held = tuple(problem.held(units[number]) for number in cells)
    most = (0, *accumulate(sorted(held, reverse=True)))
    place = {number: position for position, number in enumerate(cells)}
    free = [demand for demand in problem.demands if not demand.keep]
    blocks = tuple(block_of(problem, group, place) for group in _groups(free, merges))
    return Field(problem, blocks, fixed, cells, held, most)


def count_allowed(demand: Demand, count: int) -> bool:
    """Whether a number of colors is within the limits and tolerated by the curve."""
    within = demand.min_colors <= count and (demand.max_colors is None or count <= demand.max_colors)
    return within and demand.tolerates(count)


def _clash(owner: str, other: str, problem: PlanProblem) -> bool:
    return owner != other and not any(owner in group and other in group for group in problem.shares)


def _groups(demands: Sequence[Demand], merges: Sequence[Merge]) -> list[tuple[Demand, ...]]:
    groups: list[tuple[Demand, ...]] = []
    done: set[str] = set()
    for demand in demands:
        if demand.name in done:
            continue
        merge = next((m for m in merges if demand.name in m), (demand.name,))
        group = tuple(other for other in demands if other.name in merge and other.name not in done)
        done.update(other.name for other in group)
        groups.append(group)
    return groups


def block_of(problem: PlanProblem, demands: tuple[Demand, ...], place: Mapping[int, int] | None = None) -> Block:
    """The owners that share as one block; `place` maps cells to indices of free cells, which gives today's."""
    units = problem.cells
    size = max(1, len(units[0]))
    ceilings = [demand.max_colors for demand in demands if demand.max_colors is not None]
    today = ColorSet()
    for demand in demands:
        today |= demand.today
    return Block(
        demands=demands,
        pages=sum(demand.pages for demand in demands),
        low=max(1, *(-(-max(demand.min_colors, demand.tolerated) // size) for demand in demands)),
        high=min([len(units), *(ceiling // size for ceiling in ceilings)]),
        today=frozenset(place[n] for n in place if not units[n].isdisjoint(today)) if place and today else frozenset(),
    )
