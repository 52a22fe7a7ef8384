"""Derives a planning problem from a deployment and the model of Xen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.suggest import did_you_mean
from colorcheck.core.units import MIB, PAGE, size
from colorcheck.hardware.affinity import cache_groups
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.dram_banks import fixed_functions
from colorcheck.hardware.index import Linear
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import DomainPolicy, Manifest
from colorcheck.plan.color_classes import cells, without_common_cache
from colorcheck.plan.curves import Profile, read_profile
from colorcheck.plan.problem import Demand, PlanProblem, exact
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import DomainKind, FailureKind
from colorcheck.xen.system import Domain, System

XEN = "xen"
SMALLEST_RESERVE = 16 * MIB  # the least bytes of the buddy heap; measured use is 64 to 142 pages


class PlanOptions(Struct, frozen=True):
    """The user's demands beyond the manifest.

    `keep` has names whose colors stay; with `choose_reserve` the buddy reserve may be reduced if there is no plan
    otherwise; with `l1_aliasing` Xen may have a single color although that halves its L1 instruction cache; `timeout`
    is in seconds. `least` and `most` limit the number of colors of a name, `pins` has exact colors, `apart` groups that
    must not share even if the manifest allows it, `shares` groups that may share. `full` plans all colors from scratch
    instead of the smallest change.
    """

    keep: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    max_ranges: int | None = None
    separate_banks: bool = False
    choose_reserve: bool = False
    l1_aliasing: bool = False
    timeout: float = 10.0
    least: tuple[tuple[str, int], ...] = ()
    most: tuple[tuple[str, int], ...] = ()
    pins: tuple[tuple[str, ColorSet], ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()
    shares: tuple[tuple[str, ...], ...] = ()
    full: bool = False


class Posed(Struct, frozen=True):
    """A planning problem, or why there is none; `problems` are faults of the options and of miss curves."""

    problem: PlanProblem | None
    reason: str = ""
    problems: tuple[Problem, ...] = ()


def pose(
    deployment: Deployment, system: System, boot: Boot | None, board: Board | None, options: PlanOptions | None = None
) -> Posed:
    """The planning problem of a deployment: capacities from the boot, needs from domains, demands from the manifest.

    The capacity of a color does not depend on the plan: the size of Xen's region does not depend on its colors.
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
    color_bytes = bytes_of_a_color(board, nr_colors)
    names = [
        demand.name
        for demand in _distinct([Demand(n, 0) for n in (XEN, *(d.name for d in system.domains))], system.domains)
    ]
    faults = _faults(wanted, names, nr_colors, manifest) + _unread(deployment)
    sized = next((p for p in manifest.domain_policies if p.min_cache), None)
    if sized is not None and color_bytes is None:
        return Posed(
            None, f"[domains.{sized.name}] min-cache: the size of the last-level cache is not known", tuple(faults)
        )
    if wanted.separate_banks and (unfixed := _banks_not_fixed(board, nr_colors)):
        return Posed(None, unfixed, tuple(faults))
    policies = {policy.name: policy for policy in manifest.domain_policies}
    demands = [_xen_demand(system, None if wanted.l1_aliasing else board, nr_colors, policies.get(XEN))]
    for domain in system.domains:
        demand = _demand(domain, nr_colors, policies.get(domain.name), color_bytes)
        curve = _curve(manifest.folder, policies.get(domain.name))
        if isinstance(curve, Problem):
            faults.append(curve)
        elif curve is not None:
            demand = replace(demand, curve=curve.values, unit=curve.unit)
        demands.append(demand)
    demands = _distinct(demands, system.domains)
    kept = [_told(demand, wanted) for demand in _with_shares(demands, nr_colors)]
    preparation = system.preparation
    users = [None if domain.cpus is None else frozenset(domain.cpus) for domain in system.domains] or [None]
    apart = () if wanted.separate_banks else without_common_cache(board, kept[1:], users)
    problem = PlanProblem(
        capacity=free,
        demands=tuple(kept),
        cells=cells(board, nr_colors, separate_banks=wanted.separate_banks, users=users),
        shares=_shares((*(share.domains for share in manifest.policy.shares), *wanted.shares), wanted.apart, apart),
        objectives=tuple(name for name in wanted.objectives if name in OBJECTIVES),
        max_ranges=wanted.max_ranges,
        timeout=wanted.timeout,
        reserve=preparation.buddy_size if preparation else None,
        least_reserve=SMALLEST_RESERVE,
        recapacity=lambda size: capacities(system, size),
        color_bytes=color_bytes,
    )
    return Posed(problem, problems=tuple(faults))


def bytes_of_a_color(board: Board | None, nr_colors: int) -> int | None:
    """The bytes of the last-level cache per color, of the smallest if there are several; None if not known."""
    caches = [group.cache for group in cache_groups(board)] if board is not None else []
    sizes = [cache.size // nr_colors for cache in caches if cache is not None and cache.size]
    return min(sizes) if sizes and len(sizes) == len(caches) else None


def _shares(
    groups: Sequence[tuple[str, ...]], apart: Sequence[tuple[str, ...]], uncommon: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """The groups that may share, without those that must not; `uncommon` has groups without a common cache."""
    found: list[tuple[str, ...]] = [*groups, *uncommon]
    for names in apart:
        split: list[tuple[str, ...]] = []
        for group in found:
            inside = [name for name in group if name in names]
            others = tuple(name for name in group if name not in names)
            split += [group] if len(inside) < 2 else [(*others, name) for name in inside]
        found = [group for group in dict.fromkeys(split) if len(group) > 1]
    return tuple(found)


def _told(demand: Demand, wanted: PlanOptions) -> Demand:
    """The demand, with the options applied."""
    pins, least, most = dict(wanted.pins), dict(wanted.least), dict(wanted.most)
    if demand.name in least:
        demand = replace(demand, min_colors=least[demand.name], min_reason="", advised=False)
    if demand.name in most:
        demand = replace(demand, max_colors=most[demand.name])
        if demand.advised:
            demand = replace(demand, min_colors=min(demand.min_colors, most[demand.name]))
    if demand.name in pins:
        return replace(demand, keep=True, pin=pins[demand.name], min_colors=1 if demand.advised else demand.min_colors)
    return replace(demand, keep=demand.name in wanted.keep)


def _with_shares(demands: list[Demand], nr_colors: int) -> list[Demand]:
    """The demands with the share of each critical domain: its minimum if given, otherwise its part of the colors by
    weight.
    """
    domains = [demand for demand in demands if demand.pages]
    weights = sum((exact(demand.weight) for demand in domains), Fraction(0))
    left = nr_colors - sum(demand.min_colors for demand in demands if not demand.pages)
    found = []
    for demand in demands:
        asked = max(demand.min_colors, demand.tolerated)
        if demand.critical and demand.pages and asked == 1:
            asked = max(1, int(left * exact(demand.weight) / weights))
        found.append(replace(demand, share=min(asked, demand.max_colors or asked)))
    return found


def capacities(system: System, reserve: int | None = None) -> tuple[int, ...] | None:
    """Free frames per color before any domain is built; None if the boot ends before.

    `reserve` is another size of the buddy reserve, in bytes. Colors that Xen refuses are ignored here.
    """
    found = bare_boot(system, reserve)
    return found.free_initial if found and len(found.free_initial) == system.nr_colors else None


def bare_boot(system: System, reserve: int | None = None) -> Boot | None:
    """The boot up to the color heap, ignoring the configured colors; see `capacities`."""
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
    """Problems for guests whose file xl rejects: their needs are not known."""
    return [
        Problem(
            ProblemKind.UNREAD_GUEST,
            f"xl stops reading here: {file.errors[0].message}; the rest of the guest's settings is not considered "
            f"in the plan",
            file.errors[0].location,
            "correct the file and plan again",
        )
        for file in deployment.guests
        if file.errors
    ]


def _faults(options: PlanOptions, known: Sequence[str], nr_colors: int, manifest: Manifest) -> list[Problem]:
    """Problems for names and numbers in the options that do not exist."""
    place = manifest.location("target.board")
    objectives = manifest.location("policy.objectives")
    asked = [("--keep", name) for name in options.keep]
    asked += [("--min", name) for name, _ in options.least] + [("--max", name) for name, _ in options.most]
    asked += [("--pin", name) for name, _ in options.pins]
    asked += [("--apart", name) for group in options.apart for name in group]
    asked += [("--share", name) for group in options.shares for name in group]
    found = [
        Problem(
            ProblemKind.UNKNOWN_DOMAIN,
            f'{option} names "{name}", which is not a domain',
            place,
            did_you_mean(name, known, f"known: {', '.join(known)}"),
        )
        for option, name in asked
        if name not in known
    ]
    numbers = [("--min", name, number) for name, number in options.least]
    numbers += [("--max", name, number) for name, number in options.most]
    numbers += [("--pin", name, max(colors, default=-1) + 1) for name, colors in options.pins]
    for option, name, number in numbers:
        if not 1 <= number <= nr_colors:
            what = f"{name} colors that do not exist" if option == "--pin" else f"{name} {number} colors"
            text, help_text = f"{option} gives {what}", f"there are {nr_colors} colors, 0-{nr_colors - 1}"
            found.append(Problem(ProblemKind.MANIFEST_VALUE, text, place, help_text))
    least, most = dict(options.least), dict(options.most)
    for name in least.keys() & most.keys():
        if least[name] > most[name]:
            text = f"--min gives {name} more colors than --max"
            found.append(Problem(ProblemKind.MANIFEST_VALUE, text, place))
    for name in options.objectives:
        if name not in OBJECTIVES:
            text = f'"{name}" is not an objective of a plan'
            found.append(Problem(ProblemKind.UNKNOWN_OBJECTIVE, text, objectives, f"known: {', '.join(OBJECTIVES)}"))
    return found


def _xen_demand(system: System, board: Board | None, nr_colors: int, policy: DomainPolicy | None) -> Demand:
    """The demand of Xen, which takes no frames from the heap; if its instruction cache is indexed physically, one
    color halves it.
    """
    llc_cluster = board.boot_cluster if board and board.clusters else None
    aliased = llc_cluster is not None and _color_bits(llc_cluster.l1i) and nr_colors > 2
    today = ColorSet.of(color for color in system.xen_colors if color < nr_colors)
    demand = Demand(XEN, 0, today=today, location=system.xen_location, memory_location=system.xen_location)
    if aliased and not (policy and policy.min_colors):
        reason = "one color halves its L1 instruction cache, which is indexed physically; --l1-aliasing allows it"
        demand = replace(demand, min_colors=2, min_reason=reason, advised=True)
    return _asked(demand, policy)


def _banks_not_fixed(board: Board | None, nr_colors: int) -> str:
    """Why colors cannot give domains separate DRAM banks; empty if they can."""
    if board is None or board.dram_map is None or not board.dram_map.select_masks:
        name = f"of board {board.name} " if board else ""
        return f"DRAM banks cannot be separated: the address bits {name}that select them are not known"
    if not fixed_functions(board.dram_map, nr_colors):
        return f"DRAM banks cannot be separated: on board {board.name} no bank bit depends on the color alone"
    return ""


def _color_bits(cache: Cache | None) -> bool:
    """Whether physical address bits above the page offset index the cache (Cortex-A57 and A72: 12 and 13)."""
    if cache is None or cache.index_policy != "PIPT" or not isinstance(cache.index, Linear):
        return False
    return cache.index.line * cache.index.sets > PAGE


def _demand(domain: Domain, nr_colors: int, policy: DomainPolicy | None, color_bytes: int | None) -> Demand:
    demand = Demand(
        domain.name,
        domain.needed_pages,
        today=ColorSet.of(color for color in domain.colors if color < nr_colors),
        location=domain.location,
        memory_location=domain.memory_location,
    )
    return _with_restarts(_asked(demand, policy, color_bytes), domain, policy)


def _with_restarts(demand: Demand, domain: Domain, policy: DomainPolicy | None) -> Demand:
    """The demand with frames for each further creation that the manifest requests: frames that a guest gives back
    are lost.
    """
    if domain.kind is DomainKind.DOM0:
        return demand
    demand = replace(demand, again=domain.as_guest().needed_pages)
    if policy is None or not policy.restarts:
        return demand
    more, purpose = policy.restarts * demand.again, f"to be created {policy.restarts + 1} times"
    return replace(demand, pages=demand.pages + more, purpose=purpose, restarts=policy.restarts)


def _asked(demand: Demand, policy: DomainPolicy | None, color_bytes: int | None = None) -> Demand:
    if policy is None:
        return demand
    cached = -(-policy.min_cache // color_bytes) if policy.min_cache and color_bytes else 1
    reason = f'min-cache = "{size(policy.min_cache)}"' if policy.min_cache and cached > (policy.min_colors or 1) else ""
    return replace(
        demand,
        critical=policy.critical,
        tolerance=policy.tolerance,
        min_reason=reason or demand.min_reason,
        min_colors=max(demand.min_colors, policy.min_colors or 1, cached),
        max_colors=policy.max_colors,
        weight=policy.weight if policy.weight > 0 else 1.0,
    )


def _curve(folder: str, policy: DomainPolicy | None) -> Profile | Problem | None:
    if policy is None or not policy.miss_curve:
        return None
    return read_profile(os.path.join(folder, policy.miss_curve), policy.location)


def _distinct(demands: list[Demand], domains: tuple[Domain, ...]) -> list[Demand]:
    """Make repeated names unique by the domain's number."""
    names = [demand.name for demand in demands]
    numbers = ["", *(f"#{domain.id}" for domain in domains)]
    return [
        demand if names.count(demand.name) == 1 or not number else replace(demand, name=f"{demand.name}{number}")
        for demand, number in zip(demands, numbers, strict=True)
    ]
