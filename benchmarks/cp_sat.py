"""OR-Tools CP-SAT as a second engine: the same problem put in other words, for evidence and for the benchmark.

It is the extra `peer`. Where many cells hold the same, they are one class, and a variable counts how many of a class
each block gets; else there is a Boolean for each block and cell.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from msgspec import Struct

from colorcheck.core.units import MIB_PAGES
from colorcheck.plan.search.blocks import Field
from colorcheck.plan.search.objectives import OBJECTIVES, fixed_costs, rows, whole_numbers


class CpSatMissing(RuntimeError):
    """OR-Tools are not installed; they are the extra `peer`."""


class Second(Struct, frozen=True):
    """What CP-SAT says of one objective: its status, the value and the bound in the objective's measure."""

    status: str
    value: Fraction | None = None
    bound: Fraction | None = None


def second_opinion(field: Field, name: str, timeout: float, *, workers: int = 1) -> Second:
    """The best value of `misses`, `worst-misses`, `weights` or `margin`, found without any code of the search.

    Raises CpSatMissing, and ValueError for other objectives.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise CpSatMissing("OR-Tools are not installed: pip install 'xen-colorcheck[peer]'") from error
    if name not in {"misses", "worst-misses", "weights", "margin"}:
        raise ValueError(f"{name} is not put to CP-SAT")
    model = cp_model.CpModel()
    classes = sorted(Counter(field.held).items())
    if 2 * len(classes) > field.stock:
        classes = [(held, 1) for held in field.held]
    taken = [[model.new_int_var(0, size, "") for _, size in classes] for _ in field.blocks]
    for number, (_, size) in enumerate(classes):
        model.add(sum(row[number] for row in taken) <= size)
    margin = model.new_int_var(0, field.most[-1] // MIB_PAGES, "") if name == "margin" else 0
    costs, scale = whole_numbers(rows(field, name)) if name != "margin" else ([], 1)
    terms = []
    for index, (block, row) in enumerate(zip(field.blocks, taken, strict=True)):
        count = model.new_int_var(block.low, min(block.high, field.stock), "")
        model.add(count == sum(row))
        held = sum(amount * x for (amount, _), x in zip(classes, row, strict=True))
        model.add(held >= block.pages + (MIB_PAGES * margin if block.pages else 0))
        if costs:
            cost = model.new_int_var(min(costs[index][1:]), max(costs[index][1:]), "")
            model.add_element(count, costs[index], cost)
            terms.append(cost)
    objective = OBJECTIVES[name]
    if name == "margin":
        model.maximize(margin)
    elif objective.worst:
        low, high = min(min(c[1:]) for c in costs), max(max(c[1:]) for c in costs)
        worst = model.new_int_var(low, high, "")
        model.add_max_equality(worst, terms)
        model.minimize(worst)
    else:
        model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = timeout
    status = solver.status_name(solver.solve(model))
    if status not in {"OPTIMAL", "FEASIBLE"}:
        return Second(status)
    value, bound = Fraction(round(solver.objective_value), scale), Fraction(round(solver.best_objective_bound), scale)
    return Second(status, _whole(field, name, value), _whole(field, name, bound))


def _whole(field: Field, name: str, value: Fraction) -> Fraction:
    """With those whose colors are fixed, in the objective's own direction."""
    fixed = fixed_costs(field, name) if name != "margin" else []
    if name == "margin":
        return value
    if OBJECTIVES[name].worst:
        return OBJECTIVES[name].sign * max([value, *fixed])
    return value + sum(fixed)
