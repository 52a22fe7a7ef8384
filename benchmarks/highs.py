"""HiGHS as another engine: the same problem as a mixed-integer program, for the benchmark. It is the extra `peer`."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import highspy
from cp_sat import Second

from colorcheck.core.units import MIB_PAGES
from colorcheck.plan.search.blocks import Field
from colorcheck.plan.search.objectives import OBJECTIVES, rows, whole_numbers

STATUSES = {highspy.HighsModelStatus.kOptimal: "OPTIMAL", highspy.HighsModelStatus.kTimeLimit: "FEASIBLE"}


def by_highs(field: Field, name: str, timeout: float) -> Second:
    """The best value of `misses`, `worst-misses` or `margin`, with one thread."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", timeout)
    solver.setOptionValue("mip_rel_gap", 0.0)
    classes = sorted(Counter(field.held).items())
    if 2 * len(classes) > field.stock:
        classes = [(held, 1) for held in field.held]
    taken = [[solver.addIntegral(0, size) for _, size in classes] for _ in field.blocks]
    for number, (_, size) in enumerate(classes):
        solver.addConstr(sum(row[number] for row in taken) <= size)
    margin = solver.addIntegral(0, field.most[-1] // MIB_PAGES) if name == "margin" else None
    costs, scale = whole_numbers(rows(field, name)) if margin is None else ([], 1)
    terms = []
    for index, (block, row) in enumerate(zip(field.blocks, taken, strict=True)):
        high = min(block.high, field.stock)
        solver.addConstr(sum(row) >= block.low)
        solver.addConstr(sum(row) <= high)
        held = sum(amount * x for (amount, _), x in zip(classes, row, strict=True))
        if margin is not None and block.pages:
            solver.addConstr(held - MIB_PAGES * margin >= block.pages)
        else:
            solver.addConstr(held >= block.pages)
        if costs:
            chosen = [solver.addBinary() for _ in range(block.low, high + 1)]
            solver.addConstr(sum(chosen) == 1)
            count = sum(number * z for number, z in enumerate(chosen, block.low))
            solver.addConstr(count - sum(row) == 0)
            terms.append(sum(costs[index][number] * z for number, z in enumerate(chosen, block.low)))
    if margin is not None:
        solver.maximize(margin)
    elif OBJECTIVES[name].worst:
        worst = solver.addVariable(min(min(c[1:]) for c in costs), max(max(c[1:]) for c in costs))
        for term in terms:
            solver.addConstr(worst - term >= 0)
        solver.minimize(worst)
    else:
        solver.minimize(sum(terms))
    status = STATUSES.get(solver.getModelStatus(), "UNKNOWN")
    found = solver.getInfo().objective_function_value
    if status == "UNKNOWN" or abs(found) > 1e29:
        return Second(status)
    return Second(status, Fraction(round(found), scale))
