"""Further questions to the planner: the Pareto front, what would break, what another guest would cost."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.plan.answers import ColorsAnswer, breaks
from colorcheck.plan.edits import edits_of
from colorcheck.plan.pose import PlanOptions, Posed, pose
from colorcheck.plan.problem import Plan
from colorcheck.plan.search.evaluate import measure
from colorcheck.plan.search.front import Front, Goal, front
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.plan.search.solution import default_objectives, number
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.workflows.plan import plan_deployment

NO_XEN = "no Xen could be modelled: `colorcheck effective` says what is missing"


def posed(facts: Facts, options: PlanOptions) -> Posed:
    """The planning problem under the first release of a deployment."""
    result = _first(facts)
    if result is None or result.system is None:
        return Posed(None, NO_XEN)
    return pose(facts.deployment, result.system, result.boot, facts.board, options)


def front_of(facts: Facts, options: PlanOptions, goals: Sequence[Goal]) -> tuple[Front | None, Posed]:
    """The front over some objectives; None if no problem can be posed."""
    found = posed(facts, options)
    return (front(found.problem, goals, options.timeout) if found.problem else None), found


def what_if(facts: Facts, options: PlanOptions, name: str, colors: ColorSet) -> tuple[ColorsAnswer | None, Posed]:
    """The consequences if `name` has these colors; None if no problem can be posed."""
    pinned = replace(options, pins=(*options.pins, (name, colors)), full=False)
    result, found = _first(facts), posed(facts, pinned)
    if found.problem is None or result is None or result.system is None or found.problems:
        return None, found
    today = {demand.name: demand.fixed if demand.keep else demand.today for demand in found.problem.demands}
    broken = tuple(breaks(found.problem, today))
    planned = plan_deployment(facts.deployment, result.system, result.boot, facts.board, pinned)
    lines = 0
    compared: tuple[tuple[str, float, float, str], ...] = ()
    if planned.plan.domains and planned.problem is not None:
        written = edits_of(planned.plan, planned.problem, facts.deployment, result.system)
        lines = len({(edit.location.file, edit.location.line) for edit in written.edits})
        compared = _compared(planned.plan, facts, result, replace(options, full=True))
    return ColorsAnswer(name, colors, broken, planned.plan, lines, compared), found


def _compared(
    plan: Plan, facts: Facts, result: ReleaseResult, options: PlanOptions
) -> tuple[tuple[str, float, float, str], ...]:
    """The usual objectives of a plan next to those of the best one."""
    if result.system is None:
        return ()
    best = plan_deployment(facts.deployment, result.system, result.boot, facts.board, options)
    if not best.plan.domains or best.problem is None:
        return ()
    names = [name for name in default_objectives(best.problem) if name != "changes"]
    own = measure(best.problem, {each.name: each.colors for each in plan.domains}, names)
    top = measure(best.problem, {each.name: each.colors for each in best.plan.domains}, names)
    return tuple((n, number(own[n]), number(top[n]), OBJECTIVES[n].unit) for n in names)


def _first(facts: Facts) -> ReleaseResult | None:
    return next((result for result in facts.results if result.system is not None), None)
