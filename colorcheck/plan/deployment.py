"""The whole way of a plan: pose, solve, boot it in the model of Xen, write it as edits."""

from __future__ import annotations

from dataclasses import replace

from colorcheck.colors import ColorSet
from colorcheck.diagnostic import Problem
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.plan import plan
from colorcheck.plan.build import PlanOptions, pose
from colorcheck.plan.edits import edits_of
from colorcheck.plan.problem import Plan, PlanProblem
from colorcheck.value import dataclass
from colorcheck.xen.system import Boot, ColorSource, System


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan for a deployment. `system` and `boot` are those with the plan's colors, None where there is no plan.

    `problems` are faults of the options and miss curves, and changes that no edit can make. `overlay` is the source
    of a device tree overlay for what stands in a blob.
    """

    plan: Plan
    problem: PlanProblem | None = None
    system: System | None = None
    boot: Boot | None = None
    overlay: str = ""
    problems: tuple[Problem, ...] = ()


def plan_deployment(
    deployment: Deployment, system: System, boot: Boot | None, board: Board | None, options: PlanOptions | None = None
) -> Planned:
    """The best plan for what one Xen makes of a deployment.

    A plan is booted in the model before it is given out; one that does not boot there is unknown, with the reason.
    """
    posed = pose(deployment, system, boot, board, options)
    if posed.problem is None:
        return Planned(Plan("unknown", reason=posed.reason), problems=posed.problems)
    found = plan(posed.problem)
    if not found.domains:
        return Planned(found, posed.problem, problems=posed.problems)
    changed = with_colors(system, found, posed.problem)
    booted = _booted(deployment, changed, board)
    failed = _failure(booted)
    if failed:
        reason = f"with these colors the model of Xen does not boot: {failed}"
        return Planned(replace(found, status="unknown", reason=reason), posed.problem, changed, booted)
    written = edits_of(found, posed.problem, deployment, system)
    evidence = {**found.evidence, "booted": "all domains are created in the model of Xen with these colors"}
    return Planned(
        replace(found, edits=written.edits, evidence=evidence),
        posed.problem,
        changed,
        booted,
        written.overlay,
        (*posed.problems, *written.problems),
    )


def with_colors(system: System, found: Plan, problem: PlanProblem) -> System:
    """The system as Xen would see it with the plan's colors; refusals that were about colors are gone."""
    names = [wish.name for wish in problem.wishes[1:]]
    domains = tuple(
        replace(
            domain,
            colors=tuple(found.colors(name)),
            source=ColorSource.GIVEN,
            failure=None if domain.failure and domain.failure.kind in COLOR_FAILURES else domain.failure,
        )
        for name, domain in zip(names, system.domains, strict=True)
    )
    panic = None if system.panic and system.panic.kind in COLOR_FAILURES else system.panic
    xen = tuple(found.colors(problem.wishes[0].name))
    return replace(system, xen_colors=xen, xen_source=ColorSource.GIVEN, domains=domains, panic=panic)


COLOR_FAILURES = frozenset({"xen-colors", "dom0-colors", "domain-colors", "host-panic", "domain-memory"})


def _booted(deployment: Deployment, system: System, board: Board | None) -> Boot | None:
    from colorcheck.xen.boot import boot

    return boot(deployment, system, board)


def booted_with(found: Plan, problem: PlanProblem, deployment: Deployment, system: System, board: Board | None) -> str:
    """Why a system does not boot with a plan's colors; empty where it does."""
    return _failure(_booted(deployment, with_colors(system, found, problem), board))


def _failure(booted: Boot | None) -> str:
    """Why the boot is none; a guest that fails for reasons that colors do not mend is not the plan's fault."""
    if booted is None:
        return "it could not be modelled"
    if booted.panic:
        return booted.panic.message
    for built in booted.built:
        if not built.created and built.failure and built.failure.kind in COLOR_FAILURES:
            held = (
                sum(built.free_before[color] for color in ColorSet.of(built.domain.colors)) if built.free_before else 0
            )
            if held < built.domain.needed_pages:
                return f"{built.domain.name}: {built.failure.message}"
    return ""
