"""The plan in the HTML report: each domain's colors today and in the plan, one above the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import htpy as h

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import size_of_pages
from colorcheck.plan.problem import Plan, PlanProblem
from colorcheck.report.html.page import NARROW, listed, scroll, sideways, table
from colorcheck.report.marks import of_plan
from colorcheck.report.style import Style

_SHOWN = {"none": ("no", "·"), "own": ("has it", "■"), "allowed": ("gets it", "+")}


def section(plan: Plan, problem: PlanProblem | None, style: Style) -> list[h.Node]:
    """The content of the section; `problem` has today's colors for comparison."""
    bounds = {True: "the best there is", False: "a better one may exist"}
    reached = (f"{each.name}: {each.value:g} {each.unit} ({bounds[each.optimal]})" for each in plan.objective)
    core = ((f"{each.text} ", h.code[style.place(each.location)]) for each in plan.core)
    edits = [h.tr[h.td[h.code[style.place(each.location)]], h.td[h.code[each.new_text]]] for each in plan.edits]
    return [
        h.p[h.span(class_=str(of_plan(plan.status)))[h.strong[str(plan.status)]], f" {plan.reason}"],
        _before_and_after(plan, problem) if plan.domains and problem is not None else None,
        _under("Reached", reached),
        _under("These requirements conflict", core),
        _under("Each of these alone would fix it", (each.text for each in plan.repairs)),
        (h.h3["Edits"], table("Edits", ("Place", "Write"), edits)) if edits else None,
    ]


def _under(heading: str, items: Iterable[h.Node]) -> h.Node:
    found = listed(items)
    return (h.h3[heading], found) if found else None


def _before_and_after(plan: Plan, problem: PlanProblem) -> Iterator[h.Node]:
    heads = ("Domain", "When", *map(str, range(problem.nr_colors)))
    today = {demand.name: demand.today for demand in problem.demands}
    bodies = []
    for assigned in plan.domains:
        before = today.get(assigned.name, ColorSet())
        name = h.th(scope="rowgroup", rowspan="2")[assigned.name]
        bodies.append(
            h.tbody[
                h.tr[name, h.td["today"], _cells(before, ColorSet(), problem.nr_colors)],
                h.tr[h.td["plan"], _cells(assigned.colors, before, problem.nr_colors)],
            ]
        )
    if problem.nr_colors > NARROW:
        yield sideways(f"The map has {problem.nr_colors} colors")
    yield scroll("Colors today and in the plan")[
        h.table(".map")[h.thead[h.tr[[h.th(scope="col")[head] for head in heads]]], bodies]
    ]
    yield h.p["■ has it \u00a0 + gets it in the plan"]
    rows = (
        h.tr[
            h.th(scope="row")[each.name],
            h.td[size_of_pages(each.pages_needed)],
            h.td[size_of_pages(each.pages_available)],
        ]
        for each in plan.domains
        if each.pages_needed
    )
    yield table("Memory under the plan", ("Domain", "Needs", "Its colors hold"), rows)


def _cells(colors: ColorSet, before: ColorSet, nr_colors: int) -> list[h.Node]:
    """The cells of a row; colors that are not in `before` are marked as new."""
    kinds = (
        "none" if color not in colors else "allowed" if before and color not in before else "own"
        for color in range(nr_colors)
    )
    return [
        h.td(class_=kind)[h.span(".hidden")[_SHOWN[kind][0]], h.span(aria_hidden="true")[_SHOWN[kind][1]]]
        for kind in kinds
    ]
