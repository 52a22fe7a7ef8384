"""What would break with other colors, and the plan that makes room for them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.source import Location
from colorcheck.core.units import size_of_pages
from colorcheck.plan.problem import Demand, Plan, PlanProblem
from colorcheck.plan.search.evaluate import faults, groups


class Broken(Struct, frozen=True):
    """A requirement that would not hold, and the locations of its causes."""

    text: str
    places: tuple[Location, ...]


class ColorsAnswer(Struct, frozen=True):
    """The consequences of certain colors for one domain: what breaks if nothing else changes, and the plan in which
    all others make room; `compared` has (objective, its value in that plan, its value in the best plan, unit).
    """

    name: str
    colors: ColorSet
    broken: tuple[Broken, ...]
    plan: Plan
    lines: int = 0
    compared: tuple[tuple[str, float, float, str], ...] = ()


def breaks(problem: PlanProblem, colors: Mapping[str, ColorSet]) -> list[Broken]:
    """All violations by these colors, with the locations of the domains concerned."""
    found = []
    for demand in problem.demands:
        alone = replace(problem, demands=(replace(demand, pages=0),))
        found += [Broken(text, (demand.location,)) for text in faults(alone, colors)]
    for one, other in combinations(problem.demands, 2):
        pair = replace(problem, demands=(Demand(one.name, 0), Demand(other.name, 0)))
        both = colors[one.name] & colors[other.name]
        for _ in (text for text in faults(pair, colors) if " meet in " in text):
            noun = "color" if len(both) == 1 else "colors"
            text = (
                f"{one.name} and {other.name} would share {noun} {both}"
                if both
                else f"{one.name} and {other.name} would meet"
            )
            found.append(Broken(text, (one.location, other.location)))
    if all(colors[demand.name] <= ColorSet.all(problem.nr_colors) for demand in problem.demands):
        for group in groups(problem, colors):
            if group.needed > group.held:
                names = " and ".join(demand.name for demand in group.demands if demand.pages)
                missing = size_of_pages(group.needed - group.held)
                places = tuple(demand.memory_location for demand in group.demands if demand.pages)
                found.append(Broken(f"{names} would lack {missing} of {size_of_pages(group.needed)}", places))
    return found
