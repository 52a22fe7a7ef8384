"""The best plan by trying every assignment of colors; for a handful of colors."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from colorcheck.core.colors import ColorSet
from colorcheck.plan.problem import PlanProblem

Colors = dict[str, ColorSet]


def assignments(problem: PlanProblem) -> Iterator[Colors]:
    """Every way to give each color to one owner or to nobody that obeys capacity, counts and kept colors."""
    names = [demand.name for demand in problem.demands]
    for owners in product(range(len(names) + 1), repeat=problem.nr_colors):
        found = {
            name: ColorSet.of(color for color, owner in enumerate(owners) if owner == number)
            for number, name in enumerate(names)
        }
        if all(_obeys(problem, number, found[name]) for number, name in enumerate(names)):
            yield found


def _obeys(problem: PlanProblem, number: int, colors: ColorSet) -> bool:
    demand = problem.demands[number]
    most = problem.nr_colors if demand.max_colors is None else demand.max_colors
    held = sum(problem.capacity[color] for color in colors)
    kept = not demand.keep or colors == demand.today
    return demand.min_colors <= len(colors) <= most and len(colors) > 0 and held >= demand.pages and kept


def possible(problem: PlanProblem) -> bool:
    return next(assignments(problem), None) is not None


def total_misses(problem: PlanProblem, colors: Colors) -> Fraction:
    costs = [w.curve[min(len(colors[w.name]), len(w.curve)) - 1] for w in problem.demands if w.curve]
    return sum((Fraction(str(cost)) for cost in costs), Fraction(0))


def worst_misses(problem: PlanProblem, colors: Colors) -> Fraction:
    costs = [w.curve[min(len(colors[w.name]), len(w.curve)) - 1] for w in problem.demands if w.curve]
    return max((Fraction(str(cost)) for cost in costs), default=Fraction(0))


def spare(problem: PlanProblem, colors: Colors) -> Fraction:
    """The least memory margin, in whole MiB."""
    left = [problem.held(colors[w.name]) - w.pages for w in problem.demands if w.pages]
    return Fraction(min(left, default=0) // 256)


def changed(problem: PlanProblem, colors: Colors) -> Fraction:
    return Fraction(sum(len(w.today ^ colors[w.name]) for w in problem.demands))


def best_total(problem: PlanProblem) -> Fraction | None:
    """The least total of the miss curves; None where there is no assignment."""
    return min((total_misses(problem, colors) for colors in assignments(problem)), default=None)
