"""The workflow of a plan: pose the problem, solve it, boot the plan in the model of Xen, write it as edits."""

from __future__ import annotations

import time

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Problem
from colorcheck.core.units import MIB
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.plan import plan
from colorcheck.plan.costs import Cost, costs
from colorcheck.plan.edits import CUT, edits_of, today_of
from colorcheck.plan.pose import PlanOptions, Posed, bare_boot, pose
from colorcheck.plan.problem import Gain, Plan, PlanProblem, RepairKind
from colorcheck.plan.repairs import module_repair, no_room_for_xen, reserve_of, with_reserve_edits
from colorcheck.plan.search.evaluate import measure
from colorcheck.plan.search.infeasible import works
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.plan.search.smallest import smallest
from colorcheck.plan.search.solution import default_objectives, number
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import ColorSource, FailureKind
from colorcheck.xen.memory.boot import boot as boot_again
from colorcheck.xen.system import System

FEW_RANGES = 12  # ranges with numbers of up to three digits that fit into any option of 127 characters


class Planned(Struct, frozen=True):
    """A plan for a deployment.

    `system` and `boot` are those with the plan's colors, None if there is no plan. `problems` are faults of the options
    and miss curves, and changes that no edit can make. `overlay` is the source of a device tree overlay for changes to
    a blob. `costs` are the colors and margins of all domains before and after. If the plan is the smallest change,
    `gains` are what a full plan would gain by changing `full_lines` lines.
    """

    plan: Plan
    problem: PlanProblem | None = None
    system: System | None = None
    boot: Boot | None = None
    overlay: str = ""
    problems: tuple[Problem, ...] = ()
    costs: tuple[Cost, ...] = ()
    gains: tuple[Gain, ...] = ()
    full_lines: int = 0
    new_files: tuple[tuple[str, bytes], ...] = ()


def plan_deployment(
    deployment: Deployment, system: System, boot: Boot | None, board: Board | None, options: PlanOptions | None = None
) -> Planned:
    """The best plan for a deployment under one release.

    A plan is booted in the model before it is returned; one that does not boot there is unknown, with the reason. A
    list that Xen would cut is never written: the plan is made again with fewer ranges.
    """
    wanted = options or PlanOptions()
    planned = _planned(deployment, system, boot, board, wanted)
    limit = min(FEW_RANGES, wanted.max_ranges or FEW_RANGES)
    while limit and any(problem.kind == CUT for problem in planned.problems):
        again = _planned(deployment, system, boot, board, replace(wanted, max_ranges=limit))
        if not again.plan.domains:
            break
        planned, limit = again, limit // 2
    return planned


def _planned(
    deployment: Deployment, system: System, boot: Boot | None, board: Board | None, wanted: PlanOptions
) -> Planned:
    posed = pose(deployment, system, boot, board, wanted)
    problem = posed.problem
    if problem is None:
        found = no_room_for_xen(system, boot) or Plan("unknown", reason=posed.reason)
        return Planned(found, problems=posed.problems)
    smallest = _smallest(problem, deployment, system, wanted)
    if smallest is not None:
        planned = _costed(_checked(smallest, posed, deployment, system), board, (system, boot))
        return with_gains(planned, deployment, system) if planned.plan.domains else planned
    found = plan(problem)
    if found.domains:
        return _costed(_checked(found, posed, deployment, system), board, (system, boot))
    if found.status == "infeasible":
        found = _with_changes(found, problem, deployment, system)
        smaller = next((repair for repair in found.repairs if repair.kind is RepairKind.RESERVE), None)
        if wanted.choose_reserve and smaller and problem.reserve:
            return _with_reserve(reserve_of(smaller, problem.reserve), deployment, system, board, wanted)
    return Planned(found, problem, problems=posed.problems)


def _costed(planned: Planned, board: Board | None, before: tuple[System, Boot | None]) -> Planned:
    """The plan with the costs for all domains before and after."""
    if planned.problem is None or planned.system is None:
        return planned
    found = costs(planned.problem, board, before, (planned.system, planned.boot))
    return replace(planned, costs=found)


def with_gains(planned: Planned, deployment: Deployment, system: System) -> Planned:
    """The smallest change with what a full plan would gain."""
    problem = planned.problem
    if problem is None:
        return planned
    full = plan(problem, repairs=False)
    if not full.domains:
        return planned
    names = [name for name in default_objectives(problem) if name != "changes"]
    now = measure(problem, {each.name: each.colors for each in planned.plan.domains}, names)
    then = {each.name: each.value for each in full.objective}
    gains = tuple(Gain(n, number(now[n]), then[n], OBJECTIVES[n].unit) for n in names if number(now[n]) != then[n])
    lines = {(e.location.file, e.location.line) for e in edits_of(full, problem, deployment, system).edits}
    return replace(planned, gains=gains, full_lines=len(lines))


def plan_with_capacity(
    deployment: Deployment,
    world: tuple[System, Boot | None],
    board: Board | None,
    capacity: tuple[int, ...],
    options: PlanOptions | None = None,
) -> Planned | None:
    """The best plan if each color has only `capacity` free frames; None if no problem can be posed."""
    wanted, system = options or PlanOptions(), world[0]
    posed = pose(deployment, system, world[1], board, wanted)
    if posed.problem is None or len(capacity) != posed.problem.nr_colors:
        return None
    problem = replace(posed.problem, capacity=capacity, recapacity=None)
    small = _smallest(problem, deployment, system, wanted)
    found = small or plan(problem, repairs=False)
    if not found.domains:
        return None
    planned = _costed(_checked(found, replace(posed, problem=problem), deployment, system), board, world)
    return with_gains(planned, deployment, system) if small is not None else planned


def _smallest(problem: PlanProblem, deployment: Deployment, system: System, wanted: PlanOptions) -> Plan | None:
    """The smallest change of a colored system; None if a full plan is requested or necessary."""
    given = [system.xen_source, *(domain.source for domain in system.domains)]
    asked = wanted.full or problem.objectives or wanted.max_ranges or wanted.separate_banks
    if asked or not any(source in {ColorSource.GIVEN, ColorSource.REMAINS} for source in given):
        return None
    today = today_of(problem, deployment, system)
    return smallest(problem, today, time.monotonic() + problem.timeout)


def _with_changes(found: Plan, problem: PlanProblem, deployment: Deployment, system: System) -> Plan:
    """The conflict, with edits for the reserve and for a module that could be elsewhere."""
    deadline = time.monotonic() + problem.timeout
    found = with_reserve_edits(found, problem.reserve, deployment, system)
    module = module_repair(bare_boot(system), lambda free: works(replace(problem, capacity=free), deadline))
    return replace(found, repairs=(*found.repairs, module)) if module else found


def _with_reserve(
    mib: int, deployment: Deployment, system: System, board: Board | None, wanted: PlanOptions
) -> Planned:
    """The plan with another `buddy-alloc-size`, which is among its edits."""
    if system.preparation is None:
        return Planned(Plan("unknown", reason="the buddy reserve is unknown"))
    changed = replace(system, preparation=replace(system.preparation, buddy_size=mib * MIB))
    posed = pose(deployment, changed, None, board, wanted)
    if posed.problem is None:
        return Planned(Plan("unknown", reason=posed.reason), problems=posed.problems)
    found = plan(posed.problem)
    if not found.domains:
        return Planned(found, posed.problem, problems=posed.problems)
    return _costed(_checked(found, posed, deployment, changed, reserve=mib), board, (system, None))


def _checked(
    found: Plan,
    posed: Posed,
    deployment: Deployment,
    system: System,
    *,
    reserve: int | None = None,
) -> Planned:
    """The plan booted in the model, and written as edits."""
    problem = posed.problem
    if problem is None:
        return Planned(found, problems=posed.problems)
    changed = with_colors(system, found, problem)
    booted = boot_again(changed)
    failed = _failure(booted)
    if failed:
        reason = f"with these colors the model of Xen does not boot: {failed}"
        return Planned(replace(found, status="unknown", reason=reason), problem, changed, booted)
    written = edits_of(found, problem, deployment, system, reserve)
    evidence = replace(
        found.evidence,
        booted="all domains are created in the model of Xen with these colors",
        buddy_alloc_size=None if reserve is None else reserve * MIB,
    )
    return Planned(
        replace(found, edits=written.edits, evidence=evidence),
        problem,
        changed,
        booted,
        written.overlay,
        (*posed.problems, *written.problems),
        new_files=written.files,
    )


def with_colors(system: System, found: Plan, problem: PlanProblem) -> System:
    """The system as Xen would see it with the plan's colors, without refusals that were about colors."""
    names = [demand.name for demand in problem.demands[1:]]
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
    xen = tuple(found.colors(problem.demands[0].name))
    return replace(system, xen_colors=xen, xen_source=ColorSource.GIVEN, domains=domains, panic=panic)


COLOR_FAILURES = frozenset(
    {
        FailureKind.XEN_COLORS,
        FailureKind.DOM0_COLORS,
        FailureKind.DOMAIN_COLORS,
        FailureKind.HOST_PANIC,
        FailureKind.DOMAIN_MEMORY,
    }
)


def booted_with(found: Plan, problem: PlanProblem, system: System) -> str:
    """Why a system does not boot with the colors of a plan; empty if it boots."""
    return _failure(boot_again(with_colors(system, found, problem)))


def _failure(booted: Boot | None) -> str:
    """Why the boot fails; a guest that fails for reasons that colors cannot fix does not count."""
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
