"""Turns the result of the search into a plan: names and colors, values and bounds, and their evidence."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from fractions import Fraction

from colorcheck.core.colors import ColorSet
from colorcheck.plan.problem import DEFAULT_OBJECTIVES, Assigned, Plan, PlanEvidence, PlanProblem, Reached
from colorcheck.plan.search.blocks import Merge, make_field
from colorcheck.plan.search.evaluate import faults, groups, measure
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.plan.search.search import Search, SearchResult, assigned_colors


def solved(problem: PlanProblem, merges: Sequence[Merge], deadline: float) -> Plan | None:
    """The plan with exactly these sharing groups; None if none was found."""
    begin = time.monotonic()
    field = make_field(problem, merges)
    if field is None or not field.possible():
        return None
    names = problem.objectives or default_objectives(problem)
    found = Search(field, names, deadline).run()
    if found is None:
        return None
    colors = {demand.name: demand.fixed for demand in field.fixed} | assigned_colors(field, found.placed)
    broken = faults(problem, colors)
    if broken:
        return Plan("unknown", reason=f"the evaluator refused the plan that was found: {broken[0]}")
    return _plan(problem, colors, found, names, time.monotonic() - begin)


def default_objectives(problem: PlanProblem) -> tuple[str, ...]:
    """The default order: critical domains, miss curves (if any), the smallest share of cache, spare memory, few
    changes.
    """
    wanted = [name for name in DEFAULT_OBJECTIVES if name != "critical" or any(w.critical for w in problem.demands)]
    if any(demand.curve for demand in problem.demands):
        wanted.insert(wanted.index("weights"), "misses")
    return tuple(wanted)


def _plan(
    problem: PlanProblem, colors: Mapping[str, ColorSet], found: SearchResult, names: Sequence[str], seconds: float
) -> Plan:
    values = measure(problem, colors, names)
    objective = tuple(
        Reached(name, number(values[name]), number(bound), OBJECTIVES[name].unit) for name, bound in found.bounds
    )
    optimal = all(each.optimal for each in objective)
    evidence = PlanEvidence(
        method="knapsack over counts of colors, placement by swaps",
        bounds="the relaxation in which any k colors hold as much as the k fullest ones",
        tables_checked=found.checked,
        evaluator="satisfies all requirements; values recomputed from the colors alone",
        seconds=round(seconds, 6),
    )
    return Plan("optimal" if optimal else "feasible", objective, assigned(problem, colors), evidence=evidence)


def assigned(problem: PlanProblem, colors: Mapping[str, ColorSet]) -> tuple[Assigned, ...]:
    """The colors of all owners, with the frames needed and held."""
    of = {demand.name: group for group in groups(problem, colors) for demand in group.demands}
    return tuple(
        Assigned(demand.name, colors[demand.name], of[demand.name].needed, of[demand.name].held)
        for demand in problem.demands
    )


def number(value: Fraction) -> float:
    """A number as int if it is whole, otherwise as float."""
    return int(value) if value.denominator == 1 else float(value)
