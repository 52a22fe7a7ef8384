"""Plans: the best colors for all domains, with evidence that they are optimal; or the demands that conflict, and
the smallest repairs.
"""

from __future__ import annotations

from colorcheck.plan.problem import Plan, PlanEvidence, PlanProblem

__all__ = ["Plan", "PlanProblem", "plan"]


def plan(problem: PlanProblem, *, repairs: bool = True) -> Plan:
    """The best plan for a problem, or why there is none.

    Sharing is avoided: groups that may share are merged only if there is no plan without that. Plans are checked by the
    evaluator, which is independent of the search. `repairs` false omits repairs. Never raises for a problem with unique
    names.
    """
    import time

    from colorcheck.plan.search.infeasible import core_of, counted, repairs_of, sharings
    from colorcheck.plan.search.solution import solved

    begin = time.monotonic()
    deadline = begin + problem.timeout
    for merges in sharings(problem):
        found = solved(problem, merges, deadline)
        if found is not None:
            return found
    core = core_of(problem, deadline)
    if core is None:
        return Plan("unknown", reason="in the given time, no plan was found and none was excluded")
    repaired = repairs_of(problem, core, deadline) if repairs else ()
    text = "the requirements below cannot all be met" + counted(problem, core)
    return Plan("infeasible", core=core, repairs=repaired, reason=text, evidence=PlanEvidence("counts of colors"))
