"""The problem in counts: blocks that each need some cells of a common stock, and how much cells hold at most."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.plan.problem import Demand, PlanProblem

Merge = tuple[str, ...]


class Block(Struct, frozen=True):
    """One or several who share the same cells. `low` and `high` count cells; `today` are numbers of free cells."""

    wishes: tuple[Demand, ...]
    pages: int
    low: int
    high: int
    today: frozenset[int]

    @property
    def name(self) -> str:
        return "+".join(wish.name for wish in self.wishes)


class Field(Struct, frozen=True):
    """Blocks without fixed colors, and the free cells: numbers into the problem's units, with what each holds."""

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
        """The fewest cells that may hold the block's frames and `extra` more; `stock` + 1 where none do."""
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
    """The field with these sharing groups made one; None where fixed colors clash, are not there or hold too little."""
    units = problem.cells
    taken: dict[int, str] = {}
    fixed = tuple(wish for wish in problem.wishes if wish.keep)
    for wish in fixed:
        if not wish.fixed or not wish.fixed <= ColorSet.all(problem.nr_colors):
            return None
        if problem.held(wish.fixed) < wish.pages or not count_allowed(wish, len(wish.fixed)):
            return None
        for number, cell in enumerate(units):
            if not cell.isdisjoint(wish.fixed) and _clash(taken.setdefault(number, wish.name), wish.name, problem):
                return None
    cells = tuple(number for number in range(len(units)) if number not in taken)
    held = tuple(problem.held(units[number]) for number in cells)
    most = (0, *accumulate(sorted(held, reverse=True)))
    place = {number: position for position, number in enumerate(cells)}
    free = [wish for wish in problem.wishes if not wish.keep]
    blocks = tuple(block_of(problem, group, place) for group in _groups(free, merges))
    return Field(problem, blocks, fixed, cells, held, most)


def count_allowed(wish: Demand, count: int) -> bool:
    """Whether a number of colors is none too few, none too many, and as the curve has to be."""
    within = wish.min_colors <= count and (wish.max_colors is None or count <= wish.max_colors)
    return within and wish.tolerates(count)


def _clash(owner: str, other: str, problem: PlanProblem) -> bool:
    return owner != other and not any(owner in group and other in group for group in problem.shares)


def _groups(wishes: Sequence[Demand], merges: Sequence[Merge]) -> list[tuple[Demand, ...]]:
    groups: list[tuple[Demand, ...]] = []
    done: set[str] = set()
    for wish in wishes:
        if wish.name in done:
            continue
        merge = next((m for m in merges if wish.name in m), (wish.name,))
        group = tuple(other for other in wishes if other.name in merge and other.name not in done)
        done.update(other.name for other in group)
        groups.append(group)
    return groups


def block_of(problem: PlanProblem, wishes: tuple[Demand, ...], place: Mapping[int, int] | None = None) -> Block:
    """Those who share, as one; `place` numbers the free cells, of which those of today are wanted."""
    units = problem.cells
    size = max(1, len(units[0]))
    ceilings = [wish.max_colors for wish in wishes if wish.max_colors is not None]
    today = ColorSet()
    for wish in wishes:
        today |= wish.today
    return Block(
        wishes=wishes,
        pages=sum(wish.pages for wish in wishes),
        low=max(1, *(-(-max(wish.min_colors, wish.tolerated) // size) for wish in wishes)),
        high=min([len(units), *(ceiling // size for ceiling in ceilings)]),
        today=frozenset(place[n] for n in place if not units[n].isdisjoint(today)) if place and today else frozenset(),
    )
