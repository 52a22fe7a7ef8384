"""On which physical CPUs each domain may run: cpu pools, pinning, and what is known of the schedulers.

Only what the files fix counts. A domain that nothing pins may run anywhere, and so may one whose pinning cannot be
read. `xl vcpu-pin` and `xl cpupool-*` can change everything later; that stands in no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from colorcheck.core.diagnostic import Related
from colorcheck.core.source import Location
from colorcheck.core.value import dataclass
from colorcheck.hardware.cpu_tree import cpu_numbers
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, cells, compatible, string
from colorcheck.inputs.xl.xl import XlFile, XlSetting
from colorcheck.xen.domains.cpu_lists import UnreadableCpusError, xen_cpus, xl_cpus
from colorcheck.xen.domains.cpu_pools import Pools, read_pools
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.options.options import Option
from colorcheck.xen.release.release import Release
from colorcheck.xen.system import Domain, System

Cpus = frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Affinity:
    """The CPUs that a domain may run on, as Xen numbers them (None: any), and why; the last reason decides."""

    domain: str
    cpus: Cpus
    reasons: tuple[Related, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "domain": self.domain,
            "cpus": None if self.cpus is None else sorted(self.cpus),
            "reasons": [{**r.location.to_dict(), "message": r.message} for r in self.reasons],
        }


def with_affinities(system: System, deployment: Deployment) -> System:
    """The system with `cpus` of every domain filled in."""
    found = affinities(system, deployment)
    domains = (
        replace(domain, cpus=None if affinity.cpus is None else tuple(sorted(affinity.cpus)))
        for domain, affinity in zip(system.domains, found, strict=True)
    )
    return replace(system, domains=tuple(domains))


def affinities(system: System, deployment: Deployment) -> tuple[Affinity, ...]:
    """The affinity of each domain of the system, in its order."""
    world = _world(system, deployment)
    guests = iter(deployment.guests)
    return tuple(_affinity(domain, world, guests) for domain in system.domains)


@dataclass(frozen=True, slots=True)
class _World:
    """What all domains have in common. `everywhere` is empty where the number of CPUs is not known."""

    everywhere: frozenset[int]
    pools: Pools
    release: Release
    options: Mapping[str, Option]
    tree: DeviceTree | None
    scheduler: Related | None


def _world(system: System, deployment: Deployment) -> _World:
    tree = deployment.tree
    ancestry = Ancestry(tree) if tree else None
    numbers = cpu_numbers(tree, ancestry) if tree else {}
    everywhere = frozenset(numbers.values())
    written = system.arguments.options if system.arguments else ()
    options = {option.name: option for option in written if option.stored is not None}
    pools = read_pools(ancestry, numbers, deployment.kconfig) if ancestry else Pools({}, None)
    return _World(everywhere, pools, system.release, options, tree, _null_scheduler(options))


def _null_scheduler(options: Mapping[str, Option]) -> Related | None:
    chosen = options.get("sched")
    if chosen is None or chosen.stored != "null":
        return None
    message = "the null scheduler gives each vCPU a CPU of its own, but nothing in the files says which"
    return Related(chosen.location, message)


def _affinity(domain: Domain, world: _World, guests: Iterator[XlFile]) -> Affinity:
    reasons: list[Related] = []
    pool = _pool(domain, world, reasons)
    if domain.kind is DomainKind.DOM0:
        pinned = _dom0(world, pool, reasons)
    elif domain.kind is DomainKind.DOM0LESS:
        pinned = _dom0less(domain, world, reasons)
    else:
        file = next(guests)
        pool = _xl_pool(file, pool, reasons)
        pinned = _xl(file, domain, world, reasons)
    if pinned is None and world.scheduler:
        reasons.append(world.scheduler)
    cpus = pinned if pool is None else pool if pinned is None else pinned & pool or pool
    if cpus is None and not reasons:
        reasons.append(Related(domain.location, "nothing pins it, so it may run on every CPU"))
    return Affinity(domain.name, cpus, tuple(reasons))


def _pool(domain: Domain, world: _World, reasons: list[Related]) -> Cpus:
    """The CPUs of the domain's pool, pool 0 where it names none; None where there are no pools."""
    pools = world.pools
    if pools.location is None:
        return None
    if pools.note:
        reasons.append(Related(pools.location, pools.note))
    if pools.zero is None:
        return None
    node = world.tree.node(f"/chosen/{domain.name}") if world.tree and domain.kind is DomainKind.DOM0LESS else None
    named = node.properties.get("domain-cpupool") if node else None
    if named is None:
        reasons.append(Related(pools.location, f"it runs in pool 0: CPUs {_listed(pools.zero)}"))
        return pools.zero
    found = pools.by_phandle.get(next(iter(cells(named.value)), 0))
    if found is None:
        reasons.append(Related(named.location, "its domain-cpupool names no cpu pool"))
        return None
    reasons.append(Related(named.location, f"its cpu pool has the CPUs {_listed(found)}"))
    return found


def _dom0(world: _World, pool: Cpus, reasons: list[Related]) -> Cpus:
    """`dom0_vcpus_pin`: the vCPUs go to the first CPUs of the pool in their order (`sched_init_vcpu`, 4.20)."""
    pin = world.options.get("dom0_vcpus_pin")
    if pin is None or not pin.stored:
        return None
    limit = world.options.get("dom0_max_vcpus")
    count = limit.stored if limit and isinstance(limit.stored, int) else None
    available = sorted(pool if pool is not None else world.everywhere)
    if not count or not available:
        message = "dom0_vcpus_pin without dom0_max_vcpus: dom0 has a vCPU on every CPU of its pool"
        reasons.append(Related(pin.location, message))
        return None
    cpus = frozenset(available[:count])
    reasons.append(Related(pin.location, f"its {count} vCPUs are pinned to the CPUs {_listed(cpus)}"))
    return cpus


def _dom0less(domain: Domain, world: _World, reasons: list[Related]) -> Cpus:
    """Children `xen,vcpu` with `hard-affinity`, from 4.21 on; a vCPU without one may run anywhere."""
    node = world.tree.node(f"/chosen/{domain.name}") if world.tree else None
    vcpus = [child for child in node.children if compatible(child, "xen,vcpu")] if node else []
    pinned: dict[int, frozenset[int]] = {}
    for child in vcpus:
        text = string(child, "hard-affinity")
        if text is None:
            continue
        if not world.release.traits.reads_vcpu_nodes:
            reasons.append(Related(child.location, f"{world.release.title} does not read hard-affinity"))
            return None
        try:
            pinned[cell(child, "id") or 0] = xen_cpus(text)
        except UnreadableCpusError as error:
            reasons.append(Related(child.properties["hard-affinity"].location, str(error)))
            return None
    return _union(pinned, domain, world, node.location if node else domain.location, reasons)


def _union(
    pinned: Mapping[int, frozenset[int]], domain: Domain, world: _World, place: Location, reasons: list[Related]
) -> Cpus:
    """All CPUs of all vCPUs; None where one of them is not pinned, or pinned to no CPU that exists."""
    if not pinned:
        return None
    free = [number for number in range(domain.vcpus) if number not in pinned]
    if free:
        reasons.append(Related(place, f"vCPU {free[0]} is not pinned, so the domain may run on every CPU"))
        return None
    lists = [cpus for number, cpus in pinned.items() if number < domain.vcpus]
    lost = [cpus for cpus in lists if not cpus or (world.everywhere and not cpus & world.everywhere)]
    if lost:
        message = f"there is no CPU {_listed(lost[0])}" if lost[0] else "a vCPU would have no CPU at all"
        reasons.append(Related(place, f"{message}, so this counts as not pinned"))
        return None
    cpus = frozenset().union(*lists)
    cpus = cpus & world.everywhere or cpus
    reasons.append(Related(place, f"its vCPUs are pinned to the CPUs {_listed(cpus)}"))
    return cpus


def _xl(file: XlFile, domain: Domain, world: _World, reasons: list[Related]) -> Cpus:
    """`cpus`: a string for all vCPUs, or a list with one entry for each (`parse_vcpu_affinity`, tools/xl, 4.20)."""
    setting = _setting(file, "cpus")
    if setting is None:
        return None
    value = setting.value
    texts = [value] * domain.vcpus if isinstance(value, str) else value
    pinned: dict[int, frozenset[int]] = {}
    for number, text in enumerate(texts):
        try:
            pinned[number] = xl_cpus(text if isinstance(text, str) else "", world.everywhere)
        except UnreadableCpusError as error:
            reasons.append(Related(setting.value_location, f"{error}, so the domain counts as running on every CPU"))
            return None
    return _union(pinned, domain, world, setting.value_location, reasons)


def _xl_pool(file: XlFile, pool: Cpus, reasons: list[Related]) -> Cpus:
    """`pool`: pools other than 0 are made by hand in dom0, so their CPUs are not known."""
    setting = _setting(file, "pool")
    if setting is None or setting.value in ("Pool-0", "0"):
        return pool
    reasons.append(Related(setting.value_location, f"which CPUs the pool {setting.value!r} has stands in no file"))
    return None


def _setting(file: XlFile, name: str) -> XlSetting | None:
    """The setting in force: xl takes the last of a name."""
    return next((setting for setting in reversed(file.settings) if setting.name == name), None)


def _listed(cpus: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(cpus))) or "none"
