"""The Pareto front of plans over up to three objectives: no plan is better in one of them and as good in the others.

The front is computed in counts of cells: for each level of the first objective, the best of the third for every level
of the second, by bisection. Each point is then placed, color by color, and evaluated from its colors alone. Counts
bound all plans; if every point was placed with the values from counting, the front is complete.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import KIB, MIB_PAGES
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.blocks import Block, Field, make_field
from colorcheck.plan.search.evaluate import faults, groups
from colorcheck.plan.search.infeasible import sharings
from colorcheck.plan.search.knapsack import FORBIDDEN, fill
from colorcheck.plan.search.objectives import change_row
from colorcheck.plan.search.solution import solved
from colorcheck.plan.search.splits import contested_ways

MOST_POINTS = 200
POINT_SECONDS = 1.0  # seconds to search the colors of one point
MOST_WAYS = 64  # to split contested colors, for one count of changes


class Goal(StrEnum):
    """The objectives of a front. More is better, except for changes."""

    CACHE = "cache"
    MARGIN = "margin"
    CHANGES = "changes"
    RESTARTS = "restarts"


UNITS = {Goal.CACHE: "KiB", Goal.MARGIN: "MiB", Goal.CHANGES: "colors", Goal.RESTARTS: "creations"}
DEFAULT_GOALS = (Goal.CACHE, Goal.MARGIN, Goal.CHANGES)


class Point(Struct, frozen=True):
    """A plan of the front: the value of each objective, and the colors of all owners."""

    values: tuple[int, ...]
    colors: tuple[tuple[str, ColorSet], ...]


class Front(Struct, frozen=True):
    """The points, the best of the first objective first.

    `incomplete` says why points may be missing; empty if the front is complete.
    """

    goals: tuple[Goal, ...]
    points: tuple[Point, ...]
    incomplete: str = ""

    def to_dict(self) -> dict[str, object]:
        return {
            "objectives": [{"name": str(goal), "unit": UNITS[goal]} for goal in self.goals],
            "complete": not self.incomplete,
            "reason": self.incomplete,
            "front": [
                {
                    "objectives": {str(g): value for g, value in zip(self.goals, point.values, strict=True)},
                    "domains": [{"name": name, "colors": list(colors)} for name, colors in point.colors],
                }
                for point in self.points
            ],
        }


def value_of(problem: PlanProblem, colors: Mapping[str, ColorSet], goal: Goal) -> int:
    """The value of colors: KiB of the last-level cache of the critical domain with the least (colors if its size is
    not known), whole MiB, creations before the host reboots, or colors that change.
    """
    if goal is Goal.CHANGES:
        return sum(len(demand.today ^ colors[demand.name]) for demand in problem.demands)
    if goal is Goal.CACHE:
        least = min((len(colors[demand.name]) for demand in critical(problem)), default=0)
        return least * (problem.color_bytes or KIB) // KIB
    spare = [(group, group.held - group.needed) for group in groups(problem, colors) if group.needed]
    if goal is Goal.MARGIN:
        return min((left for _, left in spare), default=0) // MIB_PAGES
    return min((_starts(w, left) for group, left in spare for w in group.demands if w.again), default=0)


def critical(problem: PlanProblem) -> list[Demand]:
    """The critical domains; all domains if none is."""
    domains = [demand for demand in problem.demands if demand.pages]
    return [demand for demand in domains if demand.critical] or domains


def _starts(demand: Demand, left: int) -> int:
    return 1 + demand.restarts + left // demand.again


def front(problem: PlanProblem, goals: Sequence[Goal], timeout: float = 60.0) -> Front:
    """The front of a problem over one to three objectives; empty if there is no plan."""
    deadline = time.monotonic() + timeout
    for merges in sharings(problem):
        made = make_field(problem, merges)
        if made is None or not made.possible():
            continue
        counts = _Counts(made, tuple(goals))
        found = list(_swept(counts, deadline))
        points, missed = _placed(problem, counts, _undominated(found, counts.signs), deadline)
        if not points:
            continue
        late = "there was not enough time" if time.monotonic() > deadline else ""
        return _thinned(Front(tuple(goals), tuple(points), late or counts.loose or missed))
    return Front(tuple(goals), (), "" if _surely_none(problem) else "no plan was found and none was excluded")


def _surely_none(problem: PlanProblem) -> bool:
    fields = [make_field(problem, merges) for merges in sharings(problem)]
    return all(each is None or not each.possible() for each in fields)


class _Counts:
    """Results of counting: the best of one objective with given levels of the others."""

    def __init__(self, made: Field, goals: tuple[Goal, ...]) -> None:
        self.field, self.goals = made, goals
        self.signs = tuple(-1 if goal is Goal.CHANGES else 1 for goal in goals)
        self.size = max(1, len(made.problem.cells[0]))
        self.critical = {demand.name for demand in critical(made.problem)}
        self.emptiest = (0, *accumulate(sorted(made.held)))
        self.known: dict[tuple[int, ...], int | None] = {}
        self.loose = ""
        self.constant, self.ways = self._changes_rows()

    def _changes_rows(self) -> tuple[int, list[list[list[int]]]]:
        """Colors that change in every plan, and for each way to split contested ones the cost of every count."""
        made = self.field
        free = ColorSet.of(color for cell in made.cells for color in made.problem.cells[cell])
        fixed = sum(len(demand.today ^ demand.fixed) for demand in made.fixed)
        lost = sum(len(block.demands[0].today - free) for block in made.blocks if len(block.demands) == 1)
        ways = contested_ways(made, MOST_WAYS)
        if ways is None:
            self.loose = "too many colors are contested today to try all combinations"
            ways = [[block.today for block in made.blocks]]
        if Goal.CHANGES not in self.goals:
            self.loose = ""
            ways = ways[:1]
        rows = [[change_row(made, b, len(own)) for b, own in zip(made.blocks, way, strict=True)] for way in ways]
        return fixed + lost, rows

    def needs(self, levels: Mapping[Goal, int]) -> list[int]:
        """Frames that each block has to hold."""
        return [needed(block, levels) for block in self.field.blocks]

    def fixed_suffice(self, levels: Mapping[Goal, int]) -> bool:
        """Whether the owners with fixed colors reach the levels."""
        problem = self.field.problem
        for demand in self.field.fixed:
            if demand.name in self.critical and len(demand.fixed) * (problem.color_bytes or KIB) // KIB < levels.get(
                Goal.CACHE, 0
            ):
                return False
            if demand.pages and problem.held(demand.fixed) < _needed((demand,), levels):
                return False
        return True

    def least(self, levels: Mapping[Goal, int]) -> tuple[int, ...] | None:
        """The fewest cells of each block; None if no numbers of cells are enough."""
        made = self.field
        if not self.fixed_suffice(levels):
            return None
        cached = cells_of_cache(made.problem, levels.get(Goal.CACHE, 0), self.size)
        found = []
        taken = idle = 0
        for block in made.blocks:
            need = needed(block, levels)
            asked = cached if any(demand.name in self.critical for demand in block.demands) else 0
            low = max(asked, made.least(block, need - block.pages))
            low = next((n for n in range(low, min(block.high, made.stock) + 1) if self._allowed(block, n)), FORBIDDEN)
            if low >= FORBIDDEN:
                return None
            taken += max(need, self.emptiest[low]) if need else 0
            idle += 0 if need else low
            found.append(low)
        fits = sum(found) <= made.stock and taken + self.emptiest[min(idle, made.stock)] <= made.most[-1]
        return tuple(found) if fits else None

    def _allowed(self, block: Block, count: int) -> bool:
        return all(demand.tolerates(count * self.size) for demand in block.demands)

    def changes(self, levels: Mapping[Goal, int]) -> int | None:
        """The fewest changes with these levels."""
        least = self.least(levels)
        if least is None:
            return None
        if least not in self.known:
            self.known[least] = self._fewest(least)
        return self.known[least]

    def _fewest(self, least: tuple[int, ...]) -> int | None:
        found: list[int] = []
        made = self.field
        for rows in self.ways:
            costs = [
                tuple(
                    cost if low <= n <= block.high and self._allowed(block, n) else FORBIDDEN
                    for n, cost in enumerate(row)
                )
                for row, low, block in zip(rows, least, made.blocks, strict=True)
            ]
            filled = fill(costs, made.stock)
            found += [filled.cost] if filled else []
        return min(found) + self.constant if found else None

    def best(self, goal: Goal, levels: Mapping[Goal, int]) -> int | None:
        """The best of an objective with these levels of the others; None if they cannot be reached."""
        if goal is Goal.CHANGES:
            return self.changes(levels)
        if self.least(levels) is None:
            return None
        return last(lambda level: self.least({**levels, goal: level}) is not None, self.top(goal))

    def top(self, goal: Goal) -> int:
        """An upper bound of an objective for all plans."""
        problem = self.field.problem
        if goal is Goal.CACHE:
            return problem.nr_colors * (problem.color_bytes or KIB) // KIB
        if goal is Goal.MARGIN:
            return sum(problem.capacity) // MIB_PAGES
        again = [demand for demand in problem.demands if demand.again]
        return min((_starts(demand, sum(problem.capacity)) for demand in again), default=0)


def needed(block: Block, levels: Mapping[Goal, int]) -> int:
    """Frames that a block needs for these levels; 0 for owners that take none."""
    return _needed(block.demands, levels) if block.pages else 0


def _needed(demands: Sequence[Demand], levels: Mapping[Goal, int]) -> int:
    pages = sum(demand.pages for demand in demands)
    more = [max(0, levels.get(Goal.MARGIN, 0)) * MIB_PAGES]
    starts = levels.get(Goal.RESTARTS, 0)
    more += [max(0, starts - 1 - demand.restarts) * demand.again for demand in demands if demand.again]
    return pages + max(more)


def cells_of_cache(problem: PlanProblem, kib: int, size: int) -> int:
    """The fewest cells of `size` colors that have this much cache."""
    return -(-kib * KIB // ((problem.color_bytes or KIB) * size))


def last(holds: Callable[[int], bool], top: int) -> int:
    """The largest number from 0 to `top` for which it holds, if it holds for 0 and up to some number."""
    low, high = 0, top
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _swept(counts: _Counts, deadline: float) -> Iterator[tuple[int, ...]]:
    """Values of plans from counting, including all of the front."""
    order = sorted(counts.goals, key=list(_ORDER).index)
    for values in _levels(counts, order, {}, deadline):
        yield tuple(values[goal] for goal in counts.goals)


_ORDER = (Goal.CACHE, Goal.RESTARTS, Goal.MARGIN, Goal.CHANGES)


def _levels(
    counts: _Counts, order: Sequence[Goal], given: Mapping[Goal, int], deadline: float
) -> Iterator[dict[Goal, int]]:
    """Every level of the first objective with the front of the others above it."""
    goal, *others = order
    if not others:
        best = counts.best(goal, given)
        if best is not None:
            yield {**given, goal: best}
        return
    level = 0
    while level <= counts.top(goal) and time.monotonic() < deadline:
        inside = list(_levels(counts, others, {**given, goal: level}, deadline))
        if not inside:
            return
        reached = []
        for values in inside:
            reached.append(_most(counts, goal, given, values))
            yield {**values, goal: reached[-1]}
        level = max(level, min(reached)) + 1


def _most(counts: _Counts, goal: Goal, given: Mapping[Goal, int], values: Mapping[Goal, int]) -> int:
    """The best of an objective with the others as good as in `values`."""
    bounds = dict(given)
    bounds |= {other: level for other, level in values.items() if other is not Goal.CHANGES}
    return last(lambda at: _holds(counts, {**bounds, goal: at}, values.get(Goal.CHANGES)), counts.top(goal))


def _holds(counts: _Counts, levels: Mapping[Goal, int], changes: int | None) -> bool:
    if changes is None:
        return counts.least(levels) is not None
    found = counts.changes(levels)
    return found is not None and found <= changes


def _undominated(found: Sequence[tuple[int, ...]], signs: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The values that no other value dominates; the best first."""
    unique = sorted(set(found), key=lambda v: [-s * x for s, x in zip(signs, v, strict=True)])
    kept: list[tuple[int, ...]] = []
    for values in unique:
        if not any(all(s * a >= s * b for s, a, b in zip(signs, k, values, strict=True)) for k in kept):
            kept.append(values)
    return kept


def _placed(
    problem: PlanProblem, counts: _Counts, wanted: Sequence[tuple[int, ...]], deadline: float
) -> tuple[list[Point], str]:
    """A plan for each of the values, and why some differ from counting."""
    points: list[Point] = []
    missed = ""
    for values in wanted if len(wanted) <= 4 * MOST_POINTS else wanted[:: len(wanted) // (4 * MOST_POINTS) + 1]:
        if time.monotonic() > deadline:
            return points, "there was not enough time to place all points"
        until = min(deadline, time.monotonic() + POINT_SECONDS)
        colors = _plan_with(problem, dict(zip(counts.goals, values, strict=True)), until)
        if colors is None:
            missed = missed or "colors hold different numbers of frames, and not all points could be placed"
            continue
        reached = tuple(value_of(problem, colors, goal) for goal in counts.goals)
        if any(s * a < s * b for s, a, b in zip(counts.signs, reached, values, strict=True)):
            missed = missed or "colors hold different numbers of frames, and not all points could be reached"
        points.append(Point(reached, tuple((demand.name, colors[demand.name]) for demand in problem.demands)))
    kept = _undominated([point.values for point in points], counts.signs)
    first = {point.values: point for point in reversed(points)}
    return [first[values] for values in kept], missed


def _plan_with(problem: PlanProblem, levels: Mapping[Goal, int], deadline: float) -> dict[str, ColorSet] | None:
    """Colors that reach these levels."""
    names = {demand.name for demand in critical(problem)}
    cached = cells_of_cache(problem, levels.get(Goal.CACHE, 0), 1)
    raised = tuple(
        replace(
            demand,
            min_colors=max(demand.min_colors, cached) if demand.name in names else demand.min_colors,
            pages=_needed((demand,), levels) if demand.pages else 0,
        )
        for demand in problem.demands
    )
    wanted = ("changes",) if Goal.CHANGES in levels else ("ranges",)
    asked = replace(problem, demands=raised, objectives=wanted)
    for merges in sharings(asked):
        found = solved(asked, merges, deadline)
        if found is not None and found.domains:
            colors = {each.name: each.colors for each in found.domains}
            return colors if not faults(problem, colors) else None
    return None


def _thinned(found: Front) -> Front:
    """The front with at most `MOST_POINTS` points, the ends and some in between; it is then incomplete."""
    if len(found.points) <= MOST_POINTS:
        return found
    step = (len(found.points) - 1) / (MOST_POINTS - 1)
    kept = tuple(found.points[round(number * step)] for number in range(MOST_POINTS))
    return replace(found, points=kept, incomplete=f"{len(found.points)} points, of which {MOST_POINTS} are shown")
