"""A plan that several releases can boot: made for the first, tried on the others."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.plan.pose import PlanOptions, pose
from colorcheck.plan.problem import Plan
from colorcheck.workflows.plan import Planned, booted_with, plan_deployment
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import System


def plan_for_all(
    deployment: Deployment,
    board: Board | None,
    worlds: Sequence[tuple[System, Boot | None]],
    options: PlanOptions | None = None,
) -> Planned:
    """The best plan for the first of `worlds` with which all others can boot, too.

    Each world is what one release does with the deployment. If one of them cannot boot with the plan, the plan is
    unknown.
    """
    if not worlds:
        return Planned(Plan("unknown", reason="no Xen could be modelled: `colorcheck effective` says what is missing"))
    (system, boot), *others = worlds
    planned = plan_deployment(deployment, system, boot, board, options)
    if not planned.plan.domains or planned.plan.status == "unknown":
        return planned
    for system, boot in others:
        posed = pose(deployment, system, boot, board, options)
        failed = booted_with(planned.plan, posed.problem, system) if posed.problem else posed.reason
        if failed:
            reason = f"the plan suits Xen {worlds[0][0].release.name}, but not Xen {system.release.name}: {failed}"
            return replace(planned, plan=replace(planned.plan, status="unknown", reason=reason, edits=()))
    return planned
