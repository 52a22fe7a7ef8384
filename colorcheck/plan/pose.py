"""From a deployment and what Xen makes of it to a planning problem."""

from __future__ import annotations

import os

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import MIB, PAGE
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.dram_banks import fixed_functions
from colorcheck.hardware.index import Linear
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import DomainPolicy
from colorcheck.plan.color_classes import cells, without_common_cache
from colorcheck.plan.curves import read_curve
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import FailureKind
from colorcheck.xen.system import Domain, System

XEN = "xen"
SMALLEST_RESERVE = 16 * MIB  # bytes that are left to the buddy heap at least; 64 to 142 pages were measured in use


class PlanOptions(Struct, frozen=True):
    """What the user asks for beyond the manifest. `keep` are names whose colors stay; with `choose_reserve` the buddy
    reserve may become smaller if there is no plan otherwise; with `l1_aliasing` Xen may have a single color though that
    halves its L1 instruction cache; `timeout` in seconds."""

    keep: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    max_ranges: int | None = None
    separate_banks: bool = False
    choose_reserve: bool = False
    l1_aliasing: bool = False
    timeout: float = 10.0


class Posed(Struct, frozen=True):
    """A problem, or why there is none; `problems` are faults of the options and of miss curves."""

    problem: PlanProblem | None
    reason: str = ""
    problems: tuple[Problem, ...] = ()


def pose(
    deployment: Deployment, system: System, boot: Boot | None, board: Board | None, options: PlanOptions | None = None
) -> Posed:
    """The planning problem of a deployment: capacities from the boot, needs from the domains, wishes from the manifest.

    What a color holds does not depend on the plan: Xen's region is as large whatever its colors.
    """
    wanted = options or PlanOptions()
    named = wanted.objectives or deployment.manifest.policy.objectives
    wanted = replace(wanted, objectives=named)
    nr_colors = system.nr_colors
    if not system.coloring or nr_colors is None:
        return Posed(None, "coloring is off, or the number of colors is unknown")
    free = boot.free_initial if boot and len(boot.free_initial) == nr_colors else capacities(system)
    if free is None:
        panic = boot.panic if boot else system.panic
        return Posed(None, f"the color heap is unknown: {panic.message if panic else 'the boot could not be modelled'}")
    manifest = deployment.manifest
    place = manifest.location("target.board")
    faults = _faults(wanted, system, place, manifest.location("policy.objectives"))
    faults += _unread(deployment)
    if wanted.separate_banks and (unfixed := _banks_not_fixed(board, nr_colors)):
        return Posed(None, unfixed, tuple(faults))
    policies = {policy.name: policy for policy in manifest.domain_policies}
    wishes = [_xen_wish(system, None if wanted.l1_aliasing else board, nr_colors, policies.get(XEN))]
    for domain in system.domains:
        wish = _wish(domain, nr_colors, policies.get(domain.name))
        curve = _curve(manifest.folder, policies.get(domain.name))
        if isinstance(curve, Problem):
            faults.append(curve)
        elif curve:
            wish = replace(wish, curve=curve)
        wishes.append(wish)
    wishes = _distinct(wishes, system.domains)
    kept = [replace(wish, keep=wish.name in wanted.keep) for wish in wishes]
    preparation = system.preparation
    users = [None if domain.cpus is None else frozenset(domain.cpus) for domain in system.domains] or [None]
    apart = () if wanted.separate_banks else without_common_cache(board, kept[1:], users)
    problem = PlanProblem(
        capacity=free,
        wishes=tuple(kept),
        cells=cells(board, nr_colors, separate_banks=wanted.separate_banks, users=users),
        shares=(*(share.domains for share in manifest.policy.shares), *apart),
        objectives=tuple(name for name in wanted.objectives if name in OBJECTIVES),
        max_ranges=wanted.max_ranges,
        timeout=wanted.timeout,
        reserve=preparation.buddy_size if preparation else None,
        least_reserve=SMALLEST_RESERVE,
        recapacity=lambda size: capacities(system, size),
    )
    return Posed(problem, problems=tuple(faults))


def capacities(system: System, reserve: int | None = None) -> tuple[int, ...] | None:
    """Free frames per color before any domain is built; None where Xen would not come so far.

    `reserve` is another size of the buddy reserve, in bytes. Colors that Xen refuses do not matter here.
    """
    found = bare_boot(system, reserve)
    return found.free_initial if found and len(found.free_initial) == system.nr_colors else None


def bare_boot(system: System, reserve: int | None = None) -> Boot | None:
    """The boot up to the color heap, whatever colors are written; see `capacities`."""
    from colorcheck.xen.memory.boot import boot as boot_again

    if (
        system.preparation is None
        or system.nr_colors is None
        or (system.panic and system.panic.kind is not FailureKind.XEN_COLORS)
    ):
        return None
    size = system.preparation.buddy_size if reserve is None else reserve
    prepared = replace(system.preparation, buddy_size=size)
    return boot_again(replace(system, xen_colors=(0,), domains=(), panic=None, preparation=prepared))


def _unread(deployment: Deployment) -> list[Problem]:
    """Guests whose file xl does not read: nobody knows what they need."""
    return [
        Problem(
            ProblemKind.UNREAD_GUEST,
            f"xl reads no further than this: {file.errors[0].message}; what else the guest needs is not planned for",
            file.errors[0].location,
            "put the file right and plan again",
        )
        for file in deployment.guests
        if file.errors
    ]


def _faults(options: PlanOptions, system: System, place: Location, objectives: Location) -> list[Problem]:
    known = {XEN, *(domain.name for domain in system.domains)}
    found = [
        Problem(
            ProblemKind.UNKNOWN_DOMAIN,
            f'--keep names "{name}", which is no domain',
            place,
            f"known are {', '.join(known)}",
        )
        for name in options.keep
        if name not in known
    ]
    for name in options.objectives:
        if name not in OBJECTIVES:
            text = f'"{name}" is no objective of a plan'
            found.append(Problem(ProblemKind.UNKNOWN_OBJECTIVE, text, objectives, f"known are {', '.join(OBJECTIVES)}"))
    return found


def _xen_wish(system: System, board: Board | None, nr_colors: int, policy: DomainPolicy | None) -> Demand:
    """Xen takes no frames from the heap; where its instruction cache is indexed physically, one color halves it."""
    llc_cluster = board.boot_cluster if board and board.clusters else None
    aliased = llc_cluster is not None and _color_bits(llc_cluster.l1i) and nr_colors > 2
    today = ColorSet.of(color for color in system.xen_colors if color < nr_colors)
    wish = Demand(XEN, 0, today=today, location=system.xen_location, memory_location=system.xen_location)
    if aliased and not (policy and policy.min_colors):
        reason = "one color halves its L1 instruction cache, which is indexed physically; --l1-aliasing does without"
        wish = replace(wish, min_colors=2, min_reason=reason)
    return _asked(wish, policy)


def _banks_not_fixed(board: Board | None, nr_colors: int) -> str:
    """Why colors cannot keep domains in DRAM banks of their own; empty where they can."""
    if board is None or board.dram_map is None or not board.dram_map.select_masks:
        name = f"of board {board.name} " if board else ""
        return f"DRAM banks cannot be kept apart: which address bits {name}select them is not known"
    if not fixed_functions(board.dram_map, nr_colors):
        return f"DRAM banks cannot be kept apart: on board {board.name} no bank bit is decided by the color alone"
    return ""


def _color_bits(cache: Cache | None) -> bool:
    """Whether physical address bits above the page offset index the cache (Cortex-A57 and A72: 12 and 13)."""
    if cache is None or cache.index_policy != "PIPT" or not isinstance(cache.index, Linear):
        return False
    return cache.index.line * cache.index.sets > PAGE


def _wish(domain: Domain, nr_colors: int, policy: DomainPolicy | None) -> Demand:
    wish = Demand(
        domain.name,
        domain.needed_pages,
        today=ColorSet.of(color for color in domain.colors if color < nr_colors),
        location=domain.location,
        memory_location=domain.memory_location,
    )
    return _asked(wish, policy)


def _asked(wish: Demand, policy: DomainPolicy | None) -> Demand:
    if policy is None:
        return wish
    return replace(
        wish,
        min_colors=max(wish.min_colors, policy.min_colors or 1),
        max_colors=policy.max_colors,
        weight=policy.weight if policy.weight > 0 else 1.0,
    )


def _curve(folder: str, policy: DomainPolicy | None) -> tuple[float, ...] | Problem:
    if policy is None or not policy.miss_curve:
        return ()
    return read_curve(os.path.join(folder, policy.miss_curve), policy.location)


def _distinct(wishes: list[Demand], domains: tuple[Domain, ...]) -> list[Demand]:
    """Names that come twice get the domain's number."""
    names = [wish.name for wish in wishes]
    numbers = ["", *(f"#{domain.id}" for domain in domains)]
    return [
        wish if names.count(wish.name) == 1 or not number else replace(wish, name=f"{wish.name}{number}")
        for wish, number in zip(wishes, numbers, strict=True)
    ]
