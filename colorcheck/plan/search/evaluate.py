"""What a plan is worth, and whether it obeys: recomputed from the plan alone, without search and without solver."""

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
    """Everything in which the colors break the problem's rules; empty for a plan."""
    found = [f"{wish.name}: {fault}" for wish in problem.wishes for fault in _alone(problem, wish, colors)]
    if not all(colors[wish.name] <= ColorSet.all(problem.nr_colors) for wish in problem.wishes):
        return found
    cells = {wish.name: _cells(problem, colors[wish.name]) for wish in problem.wishes}
    for first, second in combinations(cells, 2):
        meet = cells[first] & cells[second]
        if meet and not any(first in group and second in group for group in problem.shares):
            found.append(f"{first} and {second} meet in colors {problem.cells[min(ColorSet.of_mask(meet))]}")
    for group in groups(problem, colors):
        if group.needed > group.held:
            names = ", ".join(wish.name for wish in group.wishes)
            found.append(f"{names}: {group.needed} frames needed, {group.held} held")
    return found


class Group(Struct, frozen=True):
    """Those who have colors in common, directly or through others, what they need and what all their colors hold.

    Together they need no more than they hold: that is Hall's condition, for the groups that plans are made of.
    """

    wishes: tuple[Demand, ...]
    needed: int
    held: int


def groups(problem: PlanProblem, colors: Colors) -> list[Group]:
    """All wishes, each in one group."""
    found: list[tuple[list[Demand], ColorSet]] = []
    for wish in problem.wishes:
        members, union = [wish], colors[wish.name]
        apart = []
        for others, theirs in found:
            if theirs.isdisjoint(union):
                apart.append((others, theirs))
            else:
                members, union = others + members, union | theirs
        found = [*apart, (members, union)]
    return [Group(tuple(w), sum(wish.pages for wish in w), problem.held(union)) for w, union in found]


def _cells(problem: PlanProblem, colors: ColorSet) -> int:
    """The numbers of the cells that the colors touch, as a bit mask."""
    return sum(1 << number for number, cell in enumerate(problem.cells) if not cell.isdisjoint(colors))


def _alone(problem: PlanProblem, wish: Demand, colors: Colors) -> Iterable[str]:
    own = colors[wish.name]
    if not own:
        yield "no colors"
    if not own <= ColorSet.all(problem.nr_colors):
        yield "colors that do not exist"
    if len(own) < wish.min_colors:
        yield f"{len(own)} colors where {wish.min_colors} are the least"
    if wish.max_colors is not None and len(own) > wish.max_colors:
        yield f"{len(own)} colors where {wish.max_colors} are the most"
    if wish.keep and own != wish.fixed:
        yield f"colors {own} where {wish.fixed} are to be kept"
    if not wish.tolerates(len(own)):
        yield f"with {len(own)} colors worse than is tolerated"
    if problem.max_ranges is not None and not wish.keep and len(own.ranges()) > problem.max_ranges:
        yield f"{len(own.ranges())} ranges where {problem.max_ranges} are the most"


def _margin(problem: PlanProblem, colors: Colors) -> Fraction:
    """The least of what is left, in whole MiB."""
    spare = [group.held - group.needed for group in groups(problem, colors) if group.needed]
    return Fraction(min(spare, default=0) // MIB_PAGES)


def _weights(problem: PlanProblem, colors: Colors) -> Fraction:
    wishes = [wish for wish in problem.wishes if wish.pages]
    return min((-weight_cost(wish, len(colors[wish.name])) for wish in wishes), default=Fraction(0))


def _critical(problem: PlanProblem, colors: Colors) -> Fraction:
    wishes = [wish for wish in problem.wishes if wish.critical]
    return min((-critical_cost(wish, len(colors[wish.name])) for wish in wishes), default=Fraction(100))


def _misses(problem: PlanProblem, colors: Colors) -> Fraction:
    return sum((curve_cost(wish, len(colors[wish.name])) for wish in problem.wishes), Fraction(0))


def _worst_misses(problem: PlanProblem, colors: Colors) -> Fraction:
    return max((curve_cost(wish, len(colors[wish.name])) for wish in problem.wishes), default=Fraction(0))


def _changes(problem: PlanProblem, colors: Colors) -> Fraction:
    return Fraction(sum(len(wish.today ^ colors[wish.name]) for wish in problem.wishes))


def _ranges(problem: PlanProblem, colors: Colors) -> Fraction:
    return Fraction(sum(len(colors[wish.name].ranges()) for wish in problem.wishes))


_VALUES = {
    "critical": _critical,
    "margin": _margin,
    "weights": _weights,
    "misses": _misses,
    "worst-misses": _worst_misses,
    "changes": _changes,
    "ranges": _ranges,
}
