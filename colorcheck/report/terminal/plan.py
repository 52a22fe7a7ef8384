"""The text of `plan`: the new colors, what was reached, or which wishes clash and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.units import size_of_pages
from colorcheck.plan.problem import Assigned, Plan, PlanProblem
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text, title

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOODS = {"optimal": "bold green", "feasible": "bold green", "infeasible": "bold red", "unknown": "bold yellow"}


def render(plan: Plan, problem: PlanProblem | None, style: Style) -> str:
    """The whole answer; `problem` gives today's colors to compare with."""
    return printed(_parts(plan, problem), style)


def _parts(plan: Plan, problem: PlanProblem | None) -> Iterator[RenderableType]:
    yield text((f" {plan.status.upper()} ", f"{_MOODS.get(plan.status, '')} reverse"), "  ", printable(plan.reason))
    if plan.domains:
        yield from title("Colors")
        today = {demand.name: demand.today for demand in problem.demands} if problem else {}
        for assigned in plan.domains:
            yield _assigned(assigned, str(today.get(assigned.name, "")))
    if plan.objective:
        yield from title("Reached")
    for reached in plan.objective:
        bound = "the best there is" if reached.optimal else f"no plan passes {reached.bound:g}"
        yield text(f"{reached.name}: {reached.value:g} {reached.unit}".rstrip(), (f"  ({bound})", "dim"))
    if plan.core:
        yield from title("These cannot all be met")
    for required in plan.core:
        yield indented("- ", text(printable(required.text), (f"  {printable(str(required.location))}", "dim")))
    if plan.repairs:
        yield from title("Each of these alone would mend it")
    for repair in plan.repairs:
        yield indented("- ", text(printable(repair.text)))
    if plan.edits:
        yield from title("Edits")
    for edit in plan.edits:
        yield indented("- ", text((f"{printable(str(edit.location))}: ", "dim"), printable(edit.new_text)))


def _assigned(assigned: Assigned, today: str) -> RenderableType:
    colors = str(assigned.colors)
    before = "" if today == colors else f"  was {today or 'nothing'}"
    room = (
        f"  {size_of_pages(assigned.pages_needed)} of {size_of_pages(assigned.pages_available)}"
        if assigned.pages_needed
        else ""
    )
    return indented(f"{printable(assigned.name):<12} ", text((colors, "bold"), before, (room, "dim")))
