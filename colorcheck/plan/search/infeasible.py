"""Why there is no plan: a minimal set of conflicting requirements, and the smallest changes that make a plan
possible.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import combinations

from msgspec.structs import replace

from colorcheck.core.units import MIB_PAGES, size, size_of_pages
from colorcheck.plan.problem import Demand, PlanProblem, Repair, RepairKind, Requirement, exact
from colorcheck.plan.search.blocks import Block, Field, Merge, block_of, count_allowed, make_field
from colorcheck.plan.search.search import LEAF_VARIABLES
from colorcheck.plan.search.solution import solved

MOST_REPAIRS = 3  # of one kind
CORE_SECONDS = 1.0  # seconds for Z3 to reduce a core found by counting
KINDS = ("min-colors", "max-colors", "memory", "separate", "tolerance")


def sharings(problem: PlanProblem) -> Iterator[tuple[Merge, ...]]:
    """The sharing groups to merge: none, then two of a group, then whole groups, then all groups."""
    yield ()
    pairs = [pair for group in problem.shares for pair in combinations(sorted(set(group)), 2)]
    yield from ((pair,) for pair in pairs)
    groups = [tuple(group) for group in problem.shares if len(set(group)) > 2]
    yield from ((group,) for group in groups)
    if len(problem.shares) > 1:
        yield tuple(tuple(group) for group in problem.shares)


def requirements(problem: PlanProblem) -> list[Requirement]:
    """All requirements that could be dropped, named by their kind and owner."""
    found = []
    for demand in problem.demands:
        name, place = demand.name, demand.location
        if demand.keep:
            verb = "keeps" if demand.pin is None else "is to have"
            found.append(Requirement(f"keep {name}", f"{name} {verb} colors {demand.fixed}", place))
        if demand.min_colors > 1:
            reason = f" ({demand.min_reason})" if demand.min_reason else ""
            text = f"{name} has {demand.min_colors} colors at least{reason}"
            found.append(Requirement(f"min-colors {name}", text, place))
        if demand.tolerated > 1:
            found.append(Requirement(f"tolerance {name}", tolerance_text(problem, demand), place))
        if demand.max_colors is not None:
            found.append(Requirement(f"max-colors {name}", f"{name} has {demand.max_colors} colors at most", place))
        if demand.pages:
            purpose = f" {demand.purpose}" if demand.purpose else ""
            text = f"{name} needs {demand.pages} frames ({size_of_pages(demand.pages)}){purpose}"
            found.append(Requirement(f"memory {name}", text, demand.memory_location))
        else:
            found.append(Requirement(f"separate {name}", f"{name} has colors of its own", place))
    return found


def tolerance_text(problem: PlanProblem, demand: Demand) -> str:
    """The requirement of a tolerance, in percent and in colors."""
    cache = f" ({size(demand.tolerated * problem.color_bytes)})" if problem.color_bytes else ""
    percent = (demand.tolerance or 0) * 100
    return f"{demand.name} within {percent:g} % of its best {demand.unit} needs {demand.tolerated} colors{cache}"


def core_of(problem: PlanProblem, deadline: float) -> tuple[Requirement, ...] | None:
    """A minimal set of conflicting requirements; None if no conflict was shown.

    Conflicts are found by counting: too few colors, or too few frames. If cells hold different numbers of frames, fewer
    requirements may conflict than counting shows: Z3 is used, for large problems only if counting shows nothing, and
    requirements that there was no time to drop are kept.
    """
    wanted = requirements(problem)
    counting = Counting(problem)
    kept = {each.name for each in wanted}
    counted = not counting.possible(kept)
    if not counted and not _excluded(problem, deadline):
        return None
    until = min(deadline, time.monotonic() + CORE_SECONDS) if counted else deadline
    asking = not counted or _worth_asking(problem)
    for each in wanted:
        rest = kept - {each.name}
        clash = not counting.possible(rest)
        if not clash and asking and time.monotonic() < until:
            clash = _excluded(_only(problem, rest), until)
        if clash:
            kept = rest
    return tuple(each for each in wanted if each.name in kept)


def counted(problem: PlanProblem, core: tuple[Requirement, ...]) -> str:
    """The number of colors that the requirements of a core need if it exceeds the available ones; otherwise empty."""
    names = {each.name for each in core}
    if any(name.startswith("keep ") for name in names) or problem.shares:
        return ""
    asked = [_without(demand, names) for demand in problem.demands if _wanted(demand, names)]
    field = make_field(replace(problem, demands=tuple(asked)))
    if field is None:
        return ""
    size_of_cell = max(1, len(problem.cells[0]))
    least = [field.least(block) for block in field.blocks]
    if any(count > field.stock for count in least):
        return ""
    needed = sum(least) * size_of_cell
    return f": they need {needed} of {problem.nr_colors} colors" if needed > problem.nr_colors else ""


def _worth_asking(problem: PlanProblem) -> bool:
    """Whether Z3 may find more than counting, and soon: cells of several sizes, but few of them."""
    sizes = {problem.held(cell) for cell in problem.cells}
    return len(sizes) > 1 and len(sizes) * len(problem.demands) <= LEAF_VARIABLES


def _only(problem: PlanProblem, names: set[str]) -> PlanProblem:
    """The problem with these requirements and no others."""
    demands = [
        replace(_without(demand, names), keep=demand.keep and f"keep {demand.name}" in names)
        for demand in problem.demands
        if _wanted(demand, names) or (demand.keep and f"keep {demand.name}" in names)
    ]
    return replace(problem, demands=tuple(demands))


class Counting:
    """Decides by counting whether some of the requirements can be met together; the others are dropped.

    Fields are cached for every set of kept colors and every way to share, on which alone they depend.
    """

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self.demands = {demand.name: demand for demand in problem.demands}
        self.fields: dict[tuple[frozenset[str], tuple[Merge, ...]], Field | None] = {}
        self.blocks: dict[tuple[str, tuple[str, ...]], Block | None] = {}

    def possible(self, names: set[str]) -> bool:
        problem = self.problem
        kept = frozenset(w.name for w in problem.demands if w.keep and f"keep {w.name}" in names)
        return any(self._fits(kept, merges, names) for merges in sharings(problem))

    def _fits(self, kept: frozenset[str], merges: tuple[Merge, ...], names: set[str]) -> bool:
        field = self._field(kept, merges)
        if field is None:
            return False
        blocks = [block for group in field.blocks if (block := self._block(group, names)) is not None]
        return replace(field, blocks=tuple(blocks)).possible() and all(
            _holds_itself(self.problem, demand, names) for demand in self.problem.demands if demand.name in kept
        )

    def _block(self, group: Block, names: set[str]) -> Block | None:
        """The selected members of the group with their selected requirements; cached."""
        asked = [f"{kind} {demand.name}" for demand in group.demands for kind in KINDS]
        key = tuple(name for name in asked if name in names)
        if (group.name, key) not in self.blocks:
            asking = [self.demands[demand.name] for demand in group.demands]
            members = tuple(_without(demand, names) for demand in asking if _wanted(demand, names))
            self.blocks[group.name, key] = block_of(self.problem, members) if members else None
        return self.blocks[group.name, key]

    def _field(self, kept: frozenset[str], merges: tuple[Merge, ...]) -> Field | None:
        key = (kept, merges)
        if key not in self.fields:
            bare = [
                replace(demand, keep=demand.name in kept, pages=0, min_colors=1, max_colors=None)
                for demand in self.problem.demands
            ]
            self.fields[key] = make_field(replace(self.problem, demands=tuple(bare)), merges)
        return self.fields[key]


def _wanted(demand: Demand, names: set[str]) -> bool:
    return bool(demand.pages) or f"separate {demand.name}" in names


def _holds_itself(problem: PlanProblem, demand: Demand, names: set[str]) -> bool:
    """Whether kept colors meet the other requirements of their owner."""
    asked = _without(demand, names)
    return problem.held(demand.fixed) >= asked.pages and count_allowed(asked, len(demand.fixed))


def _without(demand: Demand, names: set[str]) -> Demand:
    return replace(
        demand,
        min_colors=demand.min_colors if f"min-colors {demand.name}" in names else 1,
        max_colors=demand.max_colors if f"max-colors {demand.name}" in names else None,
        pages=demand.pages if f"memory {demand.name}" in names else 0,
        tolerance=demand.tolerance if f"tolerance {demand.name}" in names else None,
    )


def _possible(problem: PlanProblem, merges: tuple[Merge, ...] = ()) -> bool:
    field = make_field(problem, merges)
    return field is not None and field.possible()


def _excluded(problem: PlanProblem, deadline: float) -> bool:
    """Whether Z3 shows that there is no plan, however the sharing groups are merged."""
    from colorcheck.proof.covering import Cover, coverable

    for merges in sharings(problem):
        field = make_field(problem, merges)
        if field is None or not field.possible():
            continue
        counts = tuple((block.low, min(block.high, field.stock)) for block in field.blocks)
        cover = Cover(field.held, tuple(block.pages for block in field.blocks), counts)
        if coverable(cover, deadline - time.monotonic()) is not False:
            return False
    return problem.max_ranges is None


def repairs_of(problem: PlanProblem, core: tuple[Requirement, ...], deadline: float) -> tuple[Repair, ...]:
    """Small changes, each of which alone makes a plan possible; each was tried."""
    names = [each.name for each in core]
    involved = [demand for demand in problem.demands if f"memory {demand.name}" in names]
    found = [*_dropped(problem, names, deadline), *_smaller(problem, involved, deadline)]
    found += [*_shared(problem, involved, deadline), *_reserve(problem, deadline)]
    return tuple(found)


def works(problem: PlanProblem, deadline: float) -> bool:
    """Whether a plan is found in time."""
    if time.monotonic() > deadline:
        return False
    quick = replace(problem, objectives=("ranges",))
    for merges in sharings(problem):
        found = solved(quick, merges, deadline)
        if found is not None and found.status in {"optimal", "feasible"}:
            return True
    return False


def _changed(problem: PlanProblem, name: str, change: Callable[[Demand], Demand]) -> PlanProblem:
    return replace(
        problem, demands=tuple(change(demand) if demand.name == name else demand for demand in problem.demands)
    )


def _dropped(problem: PlanProblem, names: list[str], deadline: float) -> Iterator[Repair]:
    """Repairs that release kept colors, or relax limits on their number by the least amount."""
    for demand in problem.demands:
        if f"keep {demand.name}" in names:
            freed = _changed(problem, demand.name, lambda w: replace(w, keep=False))
            if works(freed, deadline):
                yield Repair(RepairKind.KEEP, f"allow {demand.name} other colors than {demand.fixed}", (demand.name,))
        if f"max-colors {demand.name}" in names and demand.max_colors is not None:
            for more in range(1, problem.nr_colors - demand.max_colors + 1):
                most = demand.max_colors + more
                if works(_changed(problem, demand.name, lambda w, m=most: replace(w, max_colors=m)), deadline):  # type: ignore[misc]
                    yield Repair(
                        RepairKind.COLORS, f"allow {demand.name} {most} colors, {more} more", (demand.name,), more
                    )
                    break
        if f"tolerance {demand.name}" in names:
            yield from _tolerated(problem, demand, deadline)
        if f"min-colors {demand.name}" in names:
            for least in range(demand.min_colors - 1, 0, -1):
                if works(_changed(problem, demand.name, lambda w, m=least: replace(w, min_colors=m)), deadline):  # type: ignore[misc]
                    fewer = demand.min_colors - least
                    yield Repair(
                        RepairKind.COLORS,
                        f"require only {least} colors for {demand.name}, {fewer} fewer",
                        (demand.name,),
                        fewer,
                    )
                    break


def _tolerated(problem: PlanProblem, demand: Demand, deadline: float) -> Iterator[Repair]:
    """A repair with the smallest larger tolerance with which there is a plan: one of the values of the curve."""
    best = min(map(exact, demand.curve))
    steps = sorted({exact(cost) for cost in demand.curve if demand.limit is not None and exact(cost) > demand.limit})
    for cost in steps if best else ():
        wider = math.ceil((cost / best - 1) * 1000) / 1000
        if works(_changed(problem, demand.name, lambda w, t=wider: replace(w, tolerance=t)), deadline):  # type: ignore[misc]
            yield Repair(
                RepairKind.TOLERANCE, f"let {demand.name} be up to {wider * 100:g} % over its best", (demand.name,)
            )
            return


def _smaller(problem: PlanProblem, involved: list[Demand], deadline: float) -> list[Repair]:
    """Repairs that reduce the memory of domains by the least amount, in MiB."""
    amounts = []
    for demand in involved:
        low, high = 1, demand.pages // MIB_PAGES
        if high < 1 or not _possible(_less(problem, demand, high)):
            continue
        while low < high:
            middle = (low + high) // 2
            if _possible(_less(problem, demand, middle)):
                high = middle
            else:
                low = middle + 1
        amounts.append((low, demand))
    found: list[Repair] = []
    for amount, demand in sorted(amounts, key=lambda each: each[0]):
        if len(found) < MOST_REPAIRS and works(_less(problem, demand, amount), deadline):
            found.append(Repair(RepairKind.MEMORY, f"give {demand.name} {amount} MiB less", (demand.name,), amount))
    return found


def _less(problem: PlanProblem, demand: Demand, mib: int) -> PlanProblem:
    return _changed(problem, demand.name, lambda w: replace(w, pages=max(1, w.pages - mib * MIB_PAGES)))


def _shared(problem: PlanProblem, involved: list[Demand], deadline: float) -> list[Repair]:
    found: list[Repair] = []
    for first, second in combinations([demand for demand in involved if not demand.keep], 2):
        if len(found) == MOST_REPAIRS or time.monotonic() > deadline:
            break
        pair = (first.name, second.name)
        allowed = replace(problem, shares=(*problem.shares, pair))
        if _possible(allowed, (pair,)) and works(replace(allowed, shares=(pair,)), deadline):
            text = f"let {first.name} and {second.name} share their colors ([[policy.share]])"
            found.append(Repair(RepairKind.SHARE, text, pair))
    return found


def _reserve(problem: PlanProblem, deadline: float) -> list[Repair]:
    """A repair with the largest smaller buddy reserve with which a plan exists, in whole MiB; found by bisection."""
    if problem.recapacity is None or not problem.reserve:
        return []
    low, high, best = max(1, problem.least_reserve >> 20), (problem.reserve - 1) >> 20, 0
    while low <= high and time.monotonic() < deadline:
        middle = (low + high) // 2
        capacity = problem.recapacity(middle << 20)
        if capacity is not None and works(replace(problem, capacity=capacity), deadline):
            best, low = middle, middle + 1
        else:
            high = middle - 1
    if not best:
        return []
    return [Repair(RepairKind.RESERVE, f"set buddy-alloc-size={best}M", (), (problem.reserve >> 20) - best)]
