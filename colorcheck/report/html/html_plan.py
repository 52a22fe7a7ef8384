"""The plan in the HTML report: each domain's colors today and in the plan, one above the other."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import size_of_pages
from colorcheck.plan.problem import Plan, PlanProblem
from colorcheck.report.html.html_map import table, text
from colorcheck.report.marks import of_plan
from colorcheck.report.style import Style


def section(plan: Plan, problem: PlanProblem | None, style: Style) -> str:
    """The markup of the section; `problem` gives today's colors to compare with."""
    return "".join(_parts(plan, problem, style))


def _parts(plan: Plan, problem: PlanProblem | None, style: Style) -> Iterator[str]:
    yield f'<p><span class="{of_plan(plan.status)}"><strong>{text(plan.status)}</strong></span> '
    yield f"{text(plan.reason)}</p>"
    if plan.domains and problem is not None:
        yield from _before_and_after(plan, problem)
    bounds = {True: "the best there is", False: "a better one may exist"}
    reached = (f"<li>{text(r.name)}: {r.value:g} {text(r.unit)} ({bounds[r.optimal]})</li>" for r in plan.objective)
    yield _listed("Reached", "".join(reached))
    core = (f"<li>{text(r.text)} <code>{text(style.place(r.location))}</code></li>" for r in plan.core)
    yield _listed("These requirements conflict", "".join(core))
    yield _listed("Each of these alone would fix it", "".join(f"<li>{text(r.text)}</li>" for r in plan.repairs))
    rows = (f"<tr><td><code>{text(style.place(e.location))}</code></td>" for e in plan.edits)
    written = (f"<td><code>{text(e.new_text)}</code></td></tr>" for e in plan.edits)
    edits = "".join(row + new for row, new in zip(rows, written, strict=True))
    yield f"<h3>Edits</h3>{table('Edits', ('Place', 'Write'), edits)}" if edits else ""


def _listed(heading: str, items: str) -> str:
    return f"<h3>{heading}</h3><ul>{items}</ul>" if items else ""


def _before_and_after(plan: Plan, problem: PlanProblem) -> Iterator[str]:
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Colors today and in the plan">'
    yield '<table class="map"><thead><tr><th scope="col">Domain</th><th scope="col">When</th>'
    yield "".join(f'<th scope="col">{color}</th>' for color in range(problem.nr_colors)) + "</tr></thead>"
    today = {demand.name: demand.today for demand in problem.demands}
    for assigned in plan.domains:
        before = today.get(assigned.name, ColorSet())
        yield f'<tbody><tr><th scope="rowgroup" rowspan="2">{text(assigned.name)}</th>'
        yield f"<td>today</td>{_cells(before, ColorSet(), problem.nr_colors)}</tr>"
        yield f"<tr><td>plan</td>{_cells(assigned.colors, before, problem.nr_colors)}</tr></tbody>"
    yield "</table></div><p>■ has it &nbsp; + gets it in the plan</p>"
    rows = (
        f'<tr><th scope="row">{text(each.name)}</th><td>{size_of_pages(each.pages_needed)}</td>'
        f"<td>{size_of_pages(each.pages_available)}</td></tr>"
        for each in plan.domains
        if each.pages_needed
    )
    yield table("Memory under the plan", ("Domain", "Needs", "Its colors hold"), "".join(rows))


def _cells(colors: ColorSet, before: ColorSet, nr_colors: int) -> str:
    """The cells of a row; with the colors of `before` known, those that are new are marked."""
    kinds = (
        "none" if color not in colors else "allowed" if before and color not in before else "own"
        for color in range(nr_colors)
    )
    shown = {"none": ("no", "·"), "own": ("has it", "■"), "allowed": ("gets it", "+")}
    return "".join(
        f'<td class="{kind}"><span class="hidden">{shown[kind][0]}</span>'
        f'<span aria-hidden="true">{shown[kind][1]}</span></td>'
        for kind in kinds
    )
