"""The search: first the counts, objective by objective with a bound for each, then cells for the counts.

The bound of an objective comes from a relaxation (any k cells hold as much as the k fullest); the value from an actual
placement. If both agree, the plan is optimal.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, islice

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import MIB_PAGES
from colorcheck.plan.search.blocks import Block, Field
from colorcheck.plan.search.branch import Branching
from colorcheck.plan.search.evaluate import measure
from colorcheck.plan.search.fill_up import filled_up, least_taken
from colorcheck.plan.search.knapsack import FORBIDDEN, Knapsack, check_tables, fill
from colorcheck.plan.search.objectives import OBJECTIVES, change_row, fixed_costs, rows, whole_numbers
from colorcheck.plan.search.place import Placed, place
from colorcheck.plan.search.runs import in_runs
from colorcheck.plan.search.splits import contested_ways

GAP_SECONDS = 1.0  # seconds for Z3 to lower the bound of the margin
BRANCH_SECONDS = 0.5  # seconds for branching on counts
LEAF_VARIABLES = 300  # Z3 is not used above this
LEAF_SECONDS = 0.1  # seconds for Z3 on one choice of counts
MARGIN_TRIES, OTHER_TRIES, ALL_TRIES = 50, 10, 120  # to put cells together for everyone, of which all may fail
NEAR = 3  # margins below the bound that are examined one by one
SPLIT_WORK = 10_000_000  # additions that comparing ways to split contested cells may take


Costs = tuple[tuple[int, ...], ...]


class SearchState(Struct, frozen=True):
    """The results of the objectives so far.

    `costs[d][n]` is the cost of n cells for block d in all sums so far, `FORBIDDEN` if it may not have n cells; `total`
    is the sum that must not be exceeded; `extra` the frames that every block gets beyond its need; `free` is set while
    no sum is fixed, so that all allowed counts cost the same; `known` caches filled tables; `today` has the cells that
    each should keep if possible, if several blocks have them today.
    """

    field: Field
    costs: Costs
    total: int | None = None
    extra: int = 0
    today: tuple[frozenset[int], ...] | None = None
    free: bool = True
    known: dict[tuple[Costs, int], Knapsack | None] = msgspec.field(default_factory=dict)

    def with_extra(self, extra: int) -> SearchState:
        least = [self.field.least(block, extra) for block in self.field.blocks]
        costs = tuple((FORBIDDEN,) * min(low, len(row)) + row[low:] for low, row in zip(least, self.costs, strict=True))
        return replace(self, costs=costs, extra=extra)

    def counted(self) -> Knapsack | None:
        """The cheapest counts, the fewest cells among equals; None if no counts are allowed."""
        if self.total is None and self.free:
            least = [next((n for n, cost in enumerate(row) if cost < FORBIDDEN), FORBIDDEN) for row in self.costs]
            return Knapsack(0, tuple(least), ()) if sum(least) <= self.field.stock else None
        key = (self.costs, self.field.stock)
        if key not in self.known:
            self.known[key] = fill(*key)
        found = self.known[key]
        return found if found and (self.total is None or found.cost <= self.total) else None

    def needs(self) -> list[int]:
        return [block.pages + (self.extra if block.pages else 0) for block in self.field.blocks]


class PlacementAttempt(Struct, frozen=True):
    """The result of placing counts of a state: placements, the best first, and a lower bound of their costs.

    `excluded`: there are certainly none.
    """

    placements: tuple[Placed, ...]
    bound: int
    excluded: bool = False


class SearchResult(Struct, frozen=True):
    """The result of the search: a placement, and the bound of each objective in its own unit."""

    placed: Placed
    bounds: tuple[tuple[str, Fraction], ...]
    checked: bool  # every optimum of a sum was checked with its tables


class Search:
    """A search in one field. `deadline` is a time of `time.monotonic`."""

    def __init__(self, field: Field, names: Sequence[str], deadline: float) -> None:
        self.field, self.names, self.deadline = field, tuple(names), deadline
        self.checked = True
        self.tries = ALL_TRIES
        self.attempts: dict[tuple[object, ...], PlacementAttempt] = {}

    def run(self) -> SearchResult | None:
        """The best placement found; None if none was found (which proves nothing)."""
        stock, size = self.field.stock, max(1, len(self.field.problem.cells[0]))
        start = SearchState(self.field, tuple(_allowed(block, stock, size) for block in self.field.blocks)).with_extra(
            0
        )
        if start.counted() is None:
            return None
        state: SearchState | None = start
        bounds: list[tuple[str, Fraction]] = []
        for name in self.names:
            if state is None:
                return None
            state, bound = self._step(state, name)
            bounds.append((name, bound))
        placed = self.best_placement(state) if state else None
        return SearchResult(placed, tuple(bounds), self.checked) if placed is not None else None

    def _step(self, state: SearchState, name: str) -> tuple[SearchState | None, Fraction]:
        match name:
            case "margin":
                return self._margin(state)
            case "changes":
                return self._changes(state)
            case "ranges":
                return self._ranges(state)
            case _:
                return self._worst(state, name) if OBJECTIVES[name].worst else self._sum(state, name)

    def best_placement(self, state: SearchState) -> Placed | None:
        """The best of the placements found, by all objectives in their order; of equals that with fewest ranges."""
        return min(self.attempt(state).placements, key=self._judged, default=None)

    def _judged(self, placed: Placed) -> tuple[Fraction, ...]:
        problem = self.field.problem
        colors = {demand.name: demand.fixed for demand in self.field.fixed} | assigned_colors(self.field, placed)
        names = (*self.names, "ranges")
        values = measure(problem, colors, names)
        return tuple(OBJECTIVES[name].sign * values[name] for name in names)

    def attempt(self, state: SearchState) -> PlacementAttempt:
        """Placements for the cheapest counts; if there are none, for the cheapest counts that can be placed."""
        key = (state.costs, state.total, state.extra, state.today)
        if key not in self.attempts:
            self.attempts[key] = self._attempted(state)
        return self.attempts[key]

    def _attempted(self, state: SearchState) -> PlacementAttempt:
        counted = state.counted()
        if counted is None:
            return PlacementAttempt((), FORBIDDEN, excluded=True)
        for counts in (counted.counts, *([self._generous(state, counted.counts)] if state.free else [])):
            found = tuple(islice(self._placements(state, counts), 4))
            if found:
                return PlacementAttempt(found, counted.cost)
        asked = state.extra or self.names == ("ranges",)
        if state.free and asked and self.field.problem.max_ranges is None and len(set(self.field.held)) > 1:
            tries = min(self.tries, MARGIN_TRIES if state.extra else OTHER_TRIES)
            filled = filled_up(self.field.held, state.needs(), _bounds_of(state), self.deadline, tries)
            self.tries -= 0 if filled else tries
            if filled is not None and _allows(state, filled):
                return PlacementAttempt((filled,), counted.cost)
            if self._frames_suffice(state) is False:
                return PlacementAttempt((), FORBIDDEN, excluded=True)
        limit = FORBIDDEN if state.total is None else state.total + 1
        branching = Branching(
            state.costs,
            state.needs(),
            self.field.most,
            placed=lambda counts: next(self._placements(state, counts), None),
            unplaceable=lambda counts: self._unplaceable(state, counts),
            deadline=min(self.deadline, time.monotonic() + BRANCH_SECONDS),
        )
        bound = branching.run(limit)
        placements = (branching.best[1],) if branching.best else ()
        return PlacementAttempt(placements, bound, excluded=bound >= limit)

    def _generous(self, state: SearchState, counts: Sequence[int]) -> list[int]:
        """The counts with all cells distributed, each to the block that needs most per cell; for equal costs."""
        found, needs = list(counts), state.needs()
        for _ in range(self.field.stock - sum(found)):
            wider = [
                n for n, row in enumerate(state.costs) if found[n] + 1 < len(row) and row[found[n] + 1] < FORBIDDEN
            ]
            if not wider:
                break
            found[max(wider, key=lambda n: needs[n] / max(1, found[n]))] += 1
        return found

    def _placements(self, state: SearchState, counts: Sequence[int]) -> Iterator[Placed]:
        field, limit = self.field, self.field.problem.max_ranges
        today = state.today or [block.today for block in field.blocks]
        if limit is not None or "ranges" in self.names:
            bounds = _bounds_of(state) if state.free else [(count, count) for count in counts]
            runs = in_runs(field.cells, field.held, bounds, state.needs())
            if runs is not None:
                yield runs
        for placed in place(field.held, counts, state.needs(), today):
            if limit is None or all(_ranges_of(field, cells) <= limit for cells in placed):
                yield placed

    def _unplaceable(self, state: SearchState, counts: Sequence[int]) -> bool:
        """Whether Z3 quickly shows that no cells in these numbers hold the needed frames."""
        from colorcheck.proof.covering import Cover, coverable

        if len(set(self.field.held)) * len(counts) > LEAF_VARIABLES:
            return False
        cover = Cover(self.field.held, tuple(state.needs()), tuple((count, count) for count in counts))
        return coverable(cover, LEAF_SECONDS) is False

    def _margin(self, state: SearchState) -> tuple[SearchState | None, Fraction]:
        needing = sum(block.pages > 0 for block in self.field.blocks)
        spare = self.field.most[-1] - sum(block.pages for block in self.field.blocks)
        kept = [self.field.problem.held(w.fixed) - w.pages for w in self.field.fixed if w.pages]
        if not needing:
            return state, Fraction(min(kept, default=0) // MIB_PAGES)
        top = min([spare // needing, *kept]) // MIB_PAGES

        def countable(mib: int) -> bool:
            raised = state.with_extra(mib * MIB_PAGES)
            return raised.counted() is not None and self._frames_suffice(raised)

        excluded = bound_of_counts = _last(countable, top)

        def placeable(mib: int) -> bool:
            nonlocal excluded
            found = self.attempt(state.with_extra(mib * MIB_PAGES))
            if found.excluded:
                excluded = min(excluded, mib - 1)
            return bool(found.placements)

        near = (mib for mib in range(bound_of_counts, max(-1, bound_of_counts - NEAR), -1) if placeable(mib))
        value = next(near, None)
        if value is None:
            value = _last(placeable, bound_of_counts - NEAR)
        bound = max(value, excluded)
        if value < bound:
            bound = self._closed_gap(state, value, bound)
        return (state.with_extra(value * MIB_PAGES) if value >= 0 else None), Fraction(bound)

    def _frames_suffice(self, state: SearchState) -> bool:
        """Whether all frames suffice if each block takes at least its need, and at least the frames of as many
        emptiest cells as it must have; blocks that need nothing take the emptiest ones.
        """
        field = self.field
        emptiest = (0, *accumulate(sorted(field.held)))
        least = [next((n for n, cost in enumerate(row) if cost < FORBIDDEN), 0) for row in state.costs]
        taken = sum(
            least_taken(field.held, need, count) for need, count in zip(state.needs(), least, strict=True) if need
        )
        idle = sum(count for need, count in zip(state.needs(), least, strict=True) if not need)
        return taken + emptiest[min(idle, field.stock)] <= field.most[-1]

    def _closed_gap(self, state: SearchState, value: int, bound: int) -> int:
        """Lower the bound as far as Z3 shows, in the remaining time, that no cells hold that much."""
        from colorcheck.proof.covering import Cover, coverable

        low, high = value, bound  # low is reached, everything above high is excluded
        until = min(self.deadline, time.monotonic() + GAP_SECONDS)
        while low < high and time.monotonic() < until:
            middle = (low + high + 1) // 2
            raised = state.with_extra(middle * MIB_PAGES)
            cover = Cover(self.field.held, tuple(raised.needs()), _bounds_of(raised))
            if coverable(cover, until - time.monotonic()) is False:
                high = middle - 1
            else:
                low = middle
        return high

    def _worst(self, state: SearchState, name: str) -> tuple[SearchState | None, Fraction]:
        """The state with the smallest threshold that all blocks can meet."""
        table, scale = whole_numbers(rows(self.field, name))
        steps = sorted({value for row in table for value in row[1:]})

        def under(step: int) -> SearchState:
            limit = steps[step]
            costs = tuple(
                tuple(cost if value <= limit else FORBIDDEN for cost, value in zip(row, values, strict=True))
                for row, values in zip(state.costs, table, strict=True)
            )
            return replace(state, costs=costs)

        if not steps:
            return state, Fraction(0)
        first = _first(lambda step: under(step).counted() is not None, len(steps))

        def placeable(step: int) -> bool:
            nonlocal first
            found = self.attempt(under(step))
            if found.excluded:
                first = max(first, step + 1)
            return bool(found.placements)

        value = _first(placeable, len(steps), first)
        bound = Fraction(steps[min(first, len(steps) - 1)], scale)
        bound = OBJECTIVES[name].sign * max([bound, *fixed_costs(self.field, name)])
        return (under(value) if value < len(steps) else None), bound

    def _sum(self, state: SearchState, name: str) -> tuple[SearchState | None, Fraction]:
        table, scale = whole_numbers(rows(self.field, name))
        after, bound = self._added(state, table)
        return after, Fraction(bound, scale) + sum(fixed_costs(self.field, name))

    def _changes(self, state: SearchState) -> tuple[SearchState | None, Fraction]:
        """The cheapest over all ways to split the cells that several have today."""
        blocks = self.field.blocks
        most = max(1, SPLIT_WORK // (len(blocks) * self.field.stock**2 + 1))
        ways = contested_ways(self.field, most)
        if ways is None:
            ways = [[block.today for block in blocks]]  # ignoring contested cells: still a lower bound
        tables = [[change_row(self.field, block, len(o)) for block, o in zip(blocks, own, strict=True)] for own in ways]
        costs = [self._counted_with(state, table) for table in tables]
        least, *others = sorted(range(len(ways)), key=lambda way: costs[way])
        after, bound = self._added(replace(state, today=tuple(ways[least])), tables[least])
        return after, Fraction(min([bound, *(costs[way][1] for way in others[:1])]) + self._lost())

    def _lost(self) -> int:
        """The number of colors that change in every plan: today's colors that others have fixed, and pinned ones."""
        field = self.field
        free = ColorSet.of(color for cell in field.cells for color in field.problem.cells[cell])
        alone = [block.demands[0] for block in field.blocks if len(block.demands) == 1]
        return sum(len(demand.today ^ demand.fixed) for demand in field.fixed) + sum(len(w.today - free) for w in alone)

    def _counted_with(self, state: SearchState, table: Sequence[Sequence[int]]) -> tuple[int, int]:
        """The sums so far and this one, by which tables of different sizes are compared."""
        found = _sum_of(state, table).counted()
        return divmod(found.cost, _large(table)) if found else (FORBIDDEN, 0)

    def _ranges(self, state: SearchState) -> tuple[SearchState | None, Fraction]:
        fixed = sum(len(demand.fixed.ranges()) for demand in self.field.fixed)
        return state, Fraction(fixed + sum(len(block.demands) for block in self.field.blocks))

    def _added(self, state: SearchState, table: Sequence[Sequence[int]]) -> tuple[SearchState | None, int]:
        """The state after one more sum, and the sum's bound."""
        after, large = _sum_of(state, table), _large(table)
        costs = after.costs
        counted = after.counted()
        if counted is None:
            return None, 0
        self.checked &= check_tables(costs, self.field.stock, counted)
        attempt = self.attempt(after)
        if not attempt.placements:
            return None, counted.cost % large
        reached = sum(row[len(cells)] for row, cells in zip(costs, attempt.placements[0], strict=True))
        bound = attempt.bound if attempt.bound < FORBIDDEN else counted.cost
        return replace(after, total=reached), max(0, bound - reached // large * large)


def assigned_colors(field: Field, placed: Placed) -> dict[str, ColorSet]:
    """The colors of all owners without fixed colors."""
    units = field.problem.cells
    found = {}
    for block, cells in zip(field.blocks, placed, strict=True):
        colors = ColorSet()
        for cell in cells:
            colors |= units[field.cells[cell]]
        found.update({demand.name: colors for demand in block.demands})
    return found


def _allowed(block: Block, stock: int, size: int) -> tuple[int, ...]:
    """Costs of 0 for each number of cells (of `size` colors) that every owner in the block may have, otherwise
    FORBIDDEN.
    """
    return tuple(
        0
        if block.low <= count <= block.high and all(demand.tolerates(count * size) for demand in block.demands)
        else FORBIDDEN
        for count in range(stock + 1)
    )


def _bounds_of(state: SearchState) -> tuple[tuple[int, int], ...]:
    allowed = [[n for n, cost in enumerate(row) if cost < FORBIDDEN] for row in state.costs]
    return tuple((counts[0], counts[-1]) if counts else (1, 0) for counts in allowed)


def _allows(state: SearchState, placed: Placed) -> bool:
    """Whether each block may have its number of cells."""
    return all(row[len(cells)] < FORBIDDEN for row, cells in zip(state.costs, placed, strict=True))


def _ranges_of(field: Field, cells: Sequence[int]) -> int:
    colors = ColorSet()
    for cell in cells:
        colors |= field.problem.cells[field.cells[cell]]
    return len(colors.ranges())


def _large(table: Sequence[Sequence[int]]) -> int:
    """A number larger than any sum of one entry per row."""
    return sum(max(row) for row in table) + 1


def _sum_of(state: SearchState, table: Sequence[Sequence[int]]) -> SearchState:
    """The state with one more sum, which has lower priority than all before it."""
    large = _large(table)
    costs = tuple(
        tuple(FORBIDDEN if cost >= FORBIDDEN else cost * large + more for cost, more in zip(row, extra, strict=True))
        for row, extra in zip(state.costs, table, strict=True)
    )
    return replace(
        state, costs=costs, free=False, total=None if state.total is None else state.total * large + large - 1
    )


def _last(holds: Callable[[int], bool], top: int) -> int:
    """The largest number from 0 to `top` for which it holds, -1 for none, if it holds up to some number."""
    return bisect_left(range(top + 1), True, key=lambda number: not holds(number)) - 1


def _first(holds: Callable[[int], bool], stop: int, start: int = 0) -> int:
    """The smallest number from `start` on for which it holds, `stop` for none, if it holds from some number on."""
    return start + bisect_left(range(start, stop), True, key=holds)
