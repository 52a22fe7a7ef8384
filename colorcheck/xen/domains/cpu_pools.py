"""Boot-time cpu pools: the `xen,cpupool` nodes below /chosen of a Xen that is built with BOOT_TIME_CPUPOOLS.

Source: `btcpupools_dtb_parse`, `btcpupools_allocate_pools`, `btcpupools_get_domain_pool_id`
(xen/common/sched/boot-cpupool.c, 4.20-4.22).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cells, compatible
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.machine.processors import Processors, register_of

SCHEDULERS = {name: f"SCHED_{name.upper()}" for name in ("credit", "credit2", "rtds", "arinc653", "null")}
"""The schedulers by name, with the option of Xen's build that brings each."""
NO_REGISTER, NO_CPU, WRONG_NODE, NO_CPUS = -1, -2, -3, -4


class Pools(Struct, frozen=True):
    """The pool of each online CPU by number.

    `panic` is Xen's message if the nodes stop it; `location` that of the first node, None if there is none.
    """

    of_cpu: Mapping[int, int]
    location: Location | None = None
    panic: str = ""
    built: bool = True

    def cpus(self, pool: int) -> frozenset[int]:
        return frozenset(cpu for cpu, number in self.of_cpu.items() if number == pool)

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.of_cpu.values())


POOLS = "BOOT_TIME_CPUPOOLS"


def pools_fact(deployment: Deployment, ancestry: Ancestry | None) -> Fact | OpenFact | None:
    """Whether Xen is built with boot-time pools; open if the inputs have pools and do not say so."""
    stated = deployment.manifest.target.config
    option = next((each for each in stated if each.name == POOLS), None)
    if option is not None:
        return Fact(POOLS, option.value is True, Origin.GIVEN, option.location)
    if POOLS in deployment.kconfig or deployment.has_whole_config:
        place = deployment.manifest.location("target.kconfig")
        return Fact(POOLS, deployment.kconfig.get(POOLS) == "y", Origin.GIVEN, place)
    nodes = pool_nodes(ancestry)
    if not nodes:
        return Fact(POOLS, False, Origin.DOCUMENTED, deployment.manifest.location("target.xen"))
    return OpenFact(
        POOLS,
        "the device tree has boot-time CPU pools, which only a Xen built with CONFIG_BOOT_TIME_CPUPOOLS uses; this "
        "is off by default",
        (f"[target.config]\n{POOLS} = true",),
        nodes[0].location,
        (False, True),
    )


def pool_nodes(ancestry: Ancestry | None) -> list[Node]:
    """The nodes of pools, in order, whatever their `status`."""
    chosen = ancestry.tree.node("/chosen") if ancestry else None
    return [node for node in chosen.children if compatible(node, "xen,cpupool")] if chosen else []


def named_schedulers(tree: DeviceTree | None) -> Iterator[tuple[Node, str]]:
    """The pools that name a scheduler of Xen, each with its name."""
    chosen = tree.node("/chosen") if tree else None
    for node in chosen.children if chosen else ():
        name = _terminated(node, "cpupool-sched") if compatible(node, "xen,cpupool") else None
        if name in SCHEDULERS:
            yield node, str(name)


def no_scheduler(name: str) -> str:
    """Xen's panic at a pool whose scheduler it does not have."""
    return f"Scheduler {name} does not exists!"


def read_pools(ancestry: Ancestry | None, cpus: Processors, *, built: bool) -> Pools:
    """The pools of a Xen that is built with or without them; without, and without nodes, all CPUs are in pool 0."""
    nodes = pool_nodes(ancestry)
    place = nodes[0].location if nodes else None
    if not built or ancestry is None or not nodes:
        return Pools(dict.fromkeys(cpus.online, 0), place, built=built)
    assigned: dict[int, int] = {}
    for number, node in enumerate(nodes):
        problem = _assign(ancestry, node, number, cpus, assigned)
        if problem:
            return Pools({}, node.location, problem)
    return _allocated(assigned, len(nodes), cpus, place)


def _assign(ancestry: Ancestry, node: Node, number: int, cpus: Processors, assigned: dict[int, int]) -> str:
    """Assign CPUs to a pool; returns Xen's panic, or empty."""
    scheduler = _terminated(node, "cpupool-sched")
    if scheduler is not None and scheduler not in SCHEDULERS:
        return no_scheduler(scheduler)
    listed = list(_listed(ancestry, node))
    if not listed:
        return "Missing or empty cpupool-cpus property!"
    for member in listed:
        cpu = _logical(ancestry, member, cpus)
        if cpu < 0:
            return f"Error retrieving logical cpu from node {node.name.partition('@')[0]} ({cpu})"
        if cpu in assigned:
            return f"Logical cpu {cpu} already added to a cpupool!"
        assigned[cpu] = number
    return ""


def _allocated(assigned: dict[int, int], following: int, cpus: Processors, place: Location | None) -> Pools:
    """Put every online CPU in a pool: those that no pool lists are in one further pool, and the boot CPU's pool is
    number 0.
    """
    missing = next((cpu for cpu in sorted(assigned) if cpu not in cpus.online), None)
    if missing is not None:
        number = _swapped(assigned.get(0, following), assigned[missing])
        return Pools({}, place, f"Pool-{number} contains cpu{missing} that is not online!")
    found = {cpu: assigned.get(cpu, following) for cpu in cpus.online}
    zero = found.get(0, 0)
    return Pools({cpu: _swapped(zero, number) for cpu, number in found.items()}, place)


def _swapped(zero: int, number: int) -> int:
    """The number of a pool after that of the boot CPU has become 0."""
    return 0 if number == zero else zero if number == 0 else number


def _logical(ancestry: Ancestry, node: Node, cpus: Processors) -> int:
    """Xen's number of a node in the list of a pool, by its `reg`, or a negative error code."""
    register = register_of(ancestry, node)
    if register is None:
        return NO_REGISTER
    number = cpus.number(register)
    return NO_CPU if number is None else number


def _listed(ancestry: Ancestry, node: Node) -> Iterator[Node]:
    """The nodes of `cpupool-cpus`; a phandle that leads nowhere ends the list (`dt_parse_phandle`)."""
    listed = node.properties.get("cpupool-cpus")
    for handle in cells(listed.value) if listed else ():
        target = ancestry.by_phandle(handle) if handle else None
        if target is None:
            return
        yield target


def _terminated(node: Node, name: str) -> str | None:
    """A string property, None if it is missing or has no final NUL (`dt_property_read_string`)."""
    found = node.properties.get(name)
    if found is None or b"\0" not in found.value:
        return None
    return found.value.split(b"\0")[0].decode("latin-1")


def domain_pool(ancestry: Ancestry, node: Node, cpus: Processors, pools: Pools) -> tuple[int, str]:
    """The pool that `domain-cpupool` of a domain's node requests, and Xen's panic if it is not available."""
    named = node.properties.get("domain-cpupool")
    handle = next(iter(cells(named.value)), 0) if named else 0
    target = ancestry.by_phandle(handle) if handle else None
    if target is None or not pools.built:
        return 0, ""
    error = WRONG_NODE
    if compatible(target, "xen,cpupool"):
        first = next(_listed(ancestry, target), None)
        error = NO_CPUS if first is None else _logical(ancestry, first, cpus)
        if error >= 0:
            return pools.of_cpu.get(error, 0), ""
    return 0, f"Error getting cpupool id from domain-cpupool ({error})"
