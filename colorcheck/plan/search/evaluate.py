"""The values of a plan and its violations, recomputed from the plan alone, without search or solver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import combinations

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import MIB_PAGES
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.objectives import critical_cost, curve_cost, weight_cost

Colors = Mapping[str, ColorSet]


def measure(problem: PlanProblem, colors: Colors, names: Iterable[str]) -> dict[str, Fraction]:
    """The value of each objective named."""
    return {name: _VALUES[name](problem, colors) for name in names}


def faults(problem: PlanProblem, colors: Colors) -> list[str]:
    """All violations of the problem's constraints; empty for a valid plan."""
    found = [f"{demand.name}: {fault}" for demand in problem.demands for fault in _alone(problem, demand, colors)]
    if not all(colors[demand.name] <= ColorSet.all(problem.nr_colors) for demand in problem.demands):
        return found
    cells = {demand.name: _cells(problem, colors[demand.name]) for demand in problem.demands}
    for first, second in combinations(cells, 2):
        meet = cells[first] & cells[second]
        if meet and not any(first in group and second in group for group in problem.shares):
            found.append(f"{first} and {second} meet in colors {problem.cells[min(ColorSet.of_mask(meet))]}")
    for group in groups(problem, colors):
        if group.needed > group.held:
            names = ", ".join(demand.name for demand in group.demands)
            found.append(f"{names}: {group.needed} frames needed, {group.held} held")
    return found


class SharingGroup(Struct, frozen=True):
    """Owners with common colors, directly or through others, the frames they need and those that all their colors hold.

    They must not need more than these: that is Hall's condition for the groups in plans.
    """

    demands: tuple[Demand, ...]
    needed: int
    held: int


def groups(problem: PlanProblem, colors: Colors) -> list[SharingGroup]:
    """All demands, each in one group."""
    found: list[tuple[list[Demand], ColorSet]] = []
    for demand in problem.demands:
        members, union = [demand], colors[demand.name]
        apart = []
        for others, theirs in found:
            if theirs.isdisjoint(union):
                apart.append((others, theirs))
            else:
                members, union = others + members, union | theirs
        found = [*apart, (members, union)]
    return [SharingGroup(tuple(w), sum(demand.pages for demand in w), problem.held(union)) for w, union in found]


def _cells(problem: PlanProblem, colors: ColorSet) -> int:
    """The numbers of the cells that the colors touch, as a bit mask."""
    return sum(1 << number for number, cell in enumerate(problem.cells) if not cell.isdisjoint(colors))


def _alone(problem: PlanProblem, demand: Demand, colors: Colors) -> Iterable[str]:
    own = colors[demand.name]
    if not own:
        yield "no colors"
    if not own <= ColorSet.all(problem.nr_colors):
        yield "colors that do not exist"
    if len(own) < demand.min_colors:
        yield f"{len(own)} colors, but at least {demand.min_colors} are required"
    if demand.max_colors is not None and len(own) > demand.max_colors:
        yield f"{len(own)} colors, but at most {demand.max_colors} are allowed"
    if demand.keep and own != demand.fixed:
        yield f"colors {own} but {demand.fixed} must be kept"
    if not demand.tolerates(len(own)):
        yield f"with {len(own)} colors it is worse than tolerated"
    if problem.max_ranges is not None and not demand.keep and len(own.ranges()) > problem.max_ranges:
        yield f"{len(own.ranges())} ranges, but at most {problem.max_ranges} are allowed"


def _margin(problem: PlanProblem, colors: Colors) -> Fraction:
    """The smallest margin, in whole MiB."""
    spare = [group.held - group.needed for group in groups(problem, colors) if group.needed]
    return Fraction(min(spare, default=0) // MIB_PAGES)


def _weights(problem: PlanProblem, colors: Colors) -> Fraction:
    demands = [demand for demand in problem.demands if demand.pages]
    return min((-weight_cost(demand, len(colors[demand.name])) for demand in demands), default=Fraction(0))


def _critical(problem: PlanProblem, colors: Colors) -> Fraction:
    demands = [demand for demand in problem.demands if demand.critical]
    return min((-critical_cost(demand, len(colors[demand.name])) for demand in demands), default=Fraction(100))


def _misses(problem: PlanProblem, colors: Colors) -> Fraction:
    return sum((curve_cost(demand, len(colors[demand.name])) for demand in problem.demands), Fraction(0))


def _worst_misses(problem: PlanProblem, colors: Colors) -> Fraction:
    return max((curve_cost(demand, len(colors[demand.name])) for demand in problem.demands), default=Fraction(0))


def _changes(problem: PlanProblem, colors: Colors) -> Fraction:
    return Fraction(sum(len(demand.today ^ colors[demand.name]) for demand in problem.demands))


def _ranges(problem: PlanProblem, colors: Colors) -> Fraction:
    return Fraction(sum(len(colors[demand.name].ranges()) for demand in problem.demands))


_VALUES = {
    "critical": _critical,
    "margin": _margin,
    "weights": _weights,
    "misses": _misses,
    "worst-misses": _worst_misses,
    "changes": _changes,
    "ranges": _ranges,
}
