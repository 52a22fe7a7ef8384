"""The CPUs of each vCPU in one world: one boot CPU, and a Xen with or without boot-time pools.

Source: `sched_init_vcpu`, `vcpu_set_hard_affinity` (xen/common/sched/core.c), `dom0_max_vcpus`
(xen/arch/arm/domain_build.c), `domain_vcpu_affinity` (dom0less-build.c, from 4.21), `libxl__build_pre`
(tools/libs/light).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from colorcheck.core.diagnostic import Related
from colorcheck.core.source import Passage
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, compatible
from colorcheck.inputs.xl.xl_values import XlFile, XlList
from colorcheck.xen.domains.cpu_lists import UnreadableCpusError, hard_affinity, xl_cpus
from colorcheck.xen.domains.cpu_pools import Pools, domain_pool
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind
from colorcheck.xen.machine.processors import Processors
from colorcheck.xen.options.cpu_options import CpuOptions
from colorcheck.xen.release.release import Release
from colorcheck.xen.system import Domain

Cpus = frozenset[int] | None
MOST_VCPUS = 128  # MAX_VIRT_CPUS of arm64


class CpuWorld(Struct, frozen=True):
    """The facts of one world that all domains share."""

    processors: Processors
    pools: Pools
    options: CpuOptions
    release: Release
    ancestry: Ancestry | None


class Vcpus(Struct, frozen=True):
    """The CPUs that each vCPU of a domain may run on (mask and pool together; None: not known), its pool, and why.

    `failure` comes before the domain gets memory, `late_failure` after it.
    """

    cpus: tuple[Cpus, ...]
    pool: int | None
    reasons: tuple[Related, ...] = ()
    failure: Failure | None = None
    late_failure: Failure | None = None


def dom0_vcpus(domain: Domain, world: CpuWorld) -> Vcpus:
    """dom0 is in pool 0; with `dom0_vcpus_pin` its vCPUs go to the pool's CPUs in turn."""
    pool, options = sorted(world.pools.cpus(0)), world.options
    if not pool:
        return Vcpus((None,) * min(domain.vcpus, MOST_VCPUS), 0)
    count = min(options.dom0_vcpus or len(pool), MOST_VCPUS)
    reasons = list(_pool_reason(world, 0))
    late = _without_cpus(world, f"{world.release.traits.dom0_named_in_setup} guest OS")
    if not options.pinned:
        return Vcpus((frozenset(pool),) * count, 0, tuple(reasons), None, late)
    cpus = tuple(frozenset((pool[number % len(pool)],)) for number in range(count))
    if options.pin_option is not None:
        text = f"its {count} vCPU{'s' * (count > 1)} are pinned to the CPUs {listed(frozenset().union(*cpus))}"
        reasons.append(Related(options.pin_option.location, text))
    return Vcpus(cpus, 0, tuple(reasons), None, late)


def dom0less_vcpus(domain: Domain, node: Node | None, world: CpuWorld) -> Vcpus:
    """A domain of the device tree: its pool, and from 4.21 on its `xen,vcpu` nodes."""
    count = min(domain.vcpus, MOST_VCPUS)  # with more of them Xen refuses the domain
    if node is None or world.ancestry is None:
        return Vcpus((None,) * count, None)
    pool, panic = domain_pool(world.ancestry, node, world.processors, world.pools)
    failure = Failure(FailureKind.OTHER, panic) if panic else None
    cpus = world.pools.cpus(pool)
    reasons = list(_pool_reason(world, pool))
    named = node.properties.get("domain-cpupool")
    if named is not None and world.pools.built and not panic:
        reasons.append(Related(named.location, f"it runs in pool {pool}: CPUs {listed(cpus)}"))
    late = _without_cpus(world, f"domain {node.name}")
    pinning = _Pinning(domain, node.name, world, cpus)
    for child in node.children:
        if compatible(child, "xen,vcpu"):
            late = late or pinning.read(child)
    reasons += pinning.reasons
    found = tuple(pinning.masks.get(number, cpus) & cpus or cpus for number in range(count))
    return Vcpus(found, pool, tuple(reasons), failure, late)


class _Pinning(Struct):
    """The `xen,vcpu` nodes of a domain, read one after the other. `pool` are the CPUs of the domain's pool."""

    domain: Domain
    name: str
    world: CpuWorld
    pool: frozenset[int]
    masks: dict[int, frozenset[int]] = field(default_factory=dict)
    reasons: list[Related] = field(default_factory=list)

    def read(self, child: Node) -> Failure | None:
        """Read one node; returns the panic that it causes."""
        if not self.world.release.traits.reads_vcpu_nodes:
            if "hard-affinity" in child.properties:
                text = f"{self.world.release.title} does not read hard-affinity"
                self.reasons.append(Related(child.location, text))
            return None
        number = cell(child, "id")
        if number is None:
            return Failure(FailureKind.OTHER, f"Invalid xen,vcpu node for domain {self.name}")
        if number >= self.domain.vcpus:
            text = f"Invalid vcpu_id {number} for domain {self.name}, max_vcpus={self.domain.vcpus}"
            return Failure(FailureKind.OTHER, text)
        return self._mask(child, number)

    def _mask(self, child: Node, number: int) -> Failure | None:
        written = child.properties.get("hard-affinity")
        if written is None or b"\0" not in written.value:
            return None
        listing = written.value.split(b"\0")[0].decode("latin-1")
        read = hard_affinity(listing, self.world.processors.nr_cpu_ids)
        if read.beyond is not None:
            return Failure(FailureKind.OTHER, f"Invalid pCPU {read.beyond} for domain {self.name}")
        if not read.cpus & self.pool:
            return Failure(
                FailureKind.OTHER,
                f"vcpu{number}: failed (rc=-22) to set hard affinity for domain {self.name}",
            )
        self.masks[number] = read.cpus
        text = f"vCPU {number} may run on the CPUs {listed(read.cpus & self.pool)}"
        self.reasons.append(Related(written.location, text))
        return None


def xl_vcpus(file: XlFile, count: int, world: CpuWorld) -> Vcpus:
    """A guest of xl: `pool`, and `cpus` as a text for all of `count` vCPUs or as a list for as many as it names.

    `cpus_soft` is only a preference of the scheduler.
    """
    number = _xl_pool(file, world)
    reasons = list(_pool_reason(world, number)) if number is not None else []
    if isinstance(number, Failure):
        return Vcpus((None,) * count, None, (), number)
    setting = file.setting("cpus")
    pool = world.pools.cpus(number) if number is not None else None
    if number is None and (named := file.setting("pool")) is not None:
        reasons.append(Related(named.value_location, "no input says which CPUs this pool has"))
    if setting is None:
        return Vcpus((pool,) * count, number, tuple(reasons))
    masks, failure = _xl_masks(setting.written, count, world)
    if failure is None and pool is not None and any(mask is not None and not mask & pool for mask in masks):
        failure = Failure(FailureKind.XL_REJECTS, "vcpu hard affinity map is empty")
    if failure is not None:
        return Vcpus((None,) * count, number, tuple(reasons), failure)
    cpus = tuple(_in_pool(mask, pool) for mask in (*masks, *(world.pools.cpus(number or 0),) * (count - len(masks))))
    free = count - len(masks)
    text = f"it names the CPUs of {len(masks)} vCPUs; {free} more may run on every CPU of the pool"
    known = [each for each in cpus if each is not None]
    if not free and len(known) == len(cpus):
        text = f"its vCPUs are pinned to the CPUs {listed(frozenset().union(*known))}"
    reasons.append(Related(setting.value_location, text))
    return Vcpus(cpus, number, tuple(reasons))


def _in_pool(mask: Cpus, pool: Cpus) -> Cpus:
    return None if mask is None or pool is None else mask & pool or pool


def _xl_masks(written: Passage | XlList, count: int, world: CpuWorld) -> tuple[list[Cpus], Failure | None]:
    """The mask of each vCPU that `cpus` names, or why xl stops."""
    if isinstance(written, XlList):
        texts: list[Passage | XlList] = list(written.items[:count])
    else:
        texts = [written] * count
    masks: list[Cpus] = []
    for text in texts:
        if isinstance(text, XlList):
            masks.append(None)
            continue
        online = world.processors.online
        try:
            found = xl_cpus(text.text, online)
        except UnreadableCpusError as error:
            return [], Failure(FailureKind.XL_REJECTS, str(error))
        masks.append(found if online else None)  # no input says which CPUs there are
        if online and not found:
            return [], Failure(FailureKind.XL_REJECTS, "vcpu hard affinity map is empty")
    return masks, None


def _xl_pool(file: XlFile, world: CpuWorld) -> int | Failure | None:
    """The number of the guest's pool; None for a pool that is not created at boot and must have been created in
    dom0.
    """
    setting = file.setting("pool")
    if setting is None or not isinstance(setting.written, Passage):
        return 0
    name = setting.written.text
    if not name:
        return Failure(FailureKind.XL_REJECTS, "Illegal pool specified: ")
    return next((number for number in world.pools.numbers if name in (str(number), f"Pool-{number}")), None)


def _without_cpus(world: CpuWorld, what: str) -> Failure | None:
    """The failure of building a domain if the tree has no CPUs to copy (`make_cpus_node`)."""
    if world.ancestry is None or world.processors.described:
        return None
    return Failure(FailureKind.OTHER, f"Could not set up {what} (rc = -22)")


def _pool_reason(world: CpuWorld, pool: object) -> Iterator[Related]:
    """Remarks on boot-time pools, for a Xen built with or without them."""
    pools = world.pools
    if pools.location is None:
        return
    if not pools.built:
        text = "Xen is built without BOOT_TIME_CPUPOOLS: the CPU pools in the device tree have no effect"
        yield Related(pools.location, text)
    elif pool == 0:
        yield Related(pools.location, f"it runs in pool 0: CPUs {listed(pools.cpus(0))}")


def listed(cpus: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(cpus))) or "none"


def vcpus_of(domain: Domain, world: CpuWorld, node: Node | None, file: XlFile | None, count: int) -> Vcpus:
    """The vCPUs of a domain of any kind."""
    if domain.kind is DomainKind.DOM0:
        return dom0_vcpus(domain, world)
    if domain.kind is DomainKind.DOM0LESS or file is None:
        return dom0less_vcpus(domain, node, world)
    return xl_vcpus(file, count, world)
