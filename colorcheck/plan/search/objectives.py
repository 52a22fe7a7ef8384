"""Objectives by name, for the search in counts and for the evaluation of a finished plan."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from msgspec import Struct

from colorcheck.plan.problem import Demand
from colorcheck.plan.search.blocks import Block, Field

NOTHING = Fraction(0)
NOT_WEIGHED = Fraction(-(10**9))


class Objective(Struct, frozen=True):
    """An objective. `worst`: the largest cost counts, not the sum; `sign` is -1 if more is better."""

    name: str
    words: str
    worst: bool
    sign: int = 1
    unit: str = ""


OBJECTIVES = {
    each.name: each
    for each in (
        Objective(
            "critical", "largest smallest share of a critical domain", worst=True, sign=-1, unit="% of its share"
        ),
        Objective("margin", "largest minimal memory margin", worst=True, sign=-1, unit="MiB"),
        Objective("weights", "largest minimal number of colors per weight", worst=True, sign=-1, unit="per weight"),
        Objective("misses", "least total of the miss curves", worst=False),
        Objective("worst-misses", "least maximum of the miss curves", worst=True),
        Objective("changes", "least changed from today's colors", worst=False, unit="colors"),
        Objective("ranges", "fewest ranges of neighboring colors", worst=False, unit="ranges"),
    )
}


def curve_cost(demand: Demand, colors: int) -> Fraction:
    """The cost of this many colors on the miss curve; 0 without a curve."""
    if not demand.curve:
        return Fraction(0)
    return Fraction(str(demand.curve[min(colors, len(demand.curve)) - 1]))


def weight_cost(demand: Demand, colors: int) -> Fraction:
    """Colors per weight, of which fewer cost more; Xen, which takes no frames, is ignored."""
    return -Fraction(colors) / Fraction(str(demand.weight)) if demand.pages else NOT_WEIGHED


def critical_cost(demand: Demand, colors: int) -> Fraction:
    """The fraction of its share that a critical domain has, in percent, at most 100; less costs more."""
    return -min(Fraction(100), Fraction(100 * colors, max(1, demand.share))) if demand.critical else NOT_WEIGHED


_COSTS = {"weights": weight_cost, "critical": critical_cost}


def fixed_costs(field: Field, name: str) -> list[Fraction]:
    """The costs of owners with fixed colors."""
    cost = _COSTS.get(name, curve_cost)
    return [cost(demand, len(demand.fixed)) for demand in field.fixed]


def rows(field: Field, name: str) -> list[list[Fraction]]:
    """The costs of 0, 1, … cells for each block under an objective that depends only on counts.

    A block with several owners has the sum for sums and the largest for worst cases.
    """
    size = max(1, len(field.problem.cells[0]))
    found = []
    for block in field.blocks:
        costs = [_costs(demand, name, size, field.stock) for demand in block.demands]
        if len(costs) == 1:
            found.append(costs[0])
        else:
            combine = max if OBJECTIVES[name].worst else sum
            found.append([Fraction(combine(several)) for several in zip(*costs, strict=True)])
    return found


def _costs(demand: Demand, name: str, size: int, stock: int) -> list[Fraction]:
    """The costs of 0, 1, … cells of `size` colors for one owner; 0 cells cost 0, as no party may have none."""
    if name in _COSTS:
        return [NOTHING, *(_COSTS[name](demand, count * size) for count in range(1, stock + 1))]
    if not demand.curve:
        return [NOTHING] * (stock + 1)
    measured = [Fraction(cost) if cost == int(cost) else Fraction(str(cost)) for cost in demand.curve]
    last = len(measured)
    return [NOTHING, *(measured[min(count * size, last) - 1] for count in range(1, stock + 1))]


def whole_numbers(table: Sequence[Sequence[Fraction]]) -> tuple[list[list[int]], int]:
    """The table multiplied by the least number that makes all entries integers, and that number."""
    scale = lcm(*{value.denominator for row in table for value in row})
    return [[value.numerator * (scale // value.denominator) for value in row] for row in table], scale


def change_row(field: Field, block: Block, own: int) -> list[int]:
    """The number of changed colors if the block may keep `own` of its present cells and gets 0, 1, … cells."""
    size = max(1, len(field.problem.cells[0]))
    return [(len(block.today) + n - 2 * min(n, own)) * size for n in range(field.stock + 1)]
