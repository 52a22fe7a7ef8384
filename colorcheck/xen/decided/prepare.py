"""What the allocation of memory needs to know beforehand: devices, first banks, uncolored memory, CPUs."""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import ancestry_of, cells_below
from colorcheck.xen.decided.context import (
    SystemContext,
    grants_of,
    uart_of,
)
from colorcheck.xen.domains import dom0less, dom0less_end
from colorcheck.xen.domains.dom0 import DEFAULT_MEMORY
from colorcheck.xen.domains.hardware_domain import (
    frames_of_drivers,
    is_hardware_domain,
)
from colorcheck.xen.facts import met
from colorcheck.xen.facts.keys import (
    ADDRESS_BITS,
)
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.machine.host_devices import mapped_into_dom0
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory.dom0_banks import first_bank_need
from colorcheck.xen.memory.layout import dom0_layout
from colorcheck.xen.memory.p2m import levels
from colorcheck.xen.options.buffers import buffer_frames
from colorcheck.xen.release.spelling import Concept
from colorcheck.xen.system import System


def prepare(context: SystemContext) -> Preparation:
    tree = context.deployment.tree
    buddy = context.arguments.in_force(Concept.BUDDY_SIZE)
    cpus = _cpus(context, tree)
    memory = context.arguments.dom0_mem or DEFAULT_MEMORY
    return Preparation(
        context.machine,
        context.arguments.buddy_alloc_size,
        buddy.location if buddy else context.arguments.location,
        _devices(tree, context) if tree and (context.has_dom0 or _has_hardware_domain(context)) else (),
        levels(context.facts.read(ADDRESS_BITS)),
        memory,
        tuple(_first_banks(context, tree)),
        cpus,
        _more_buddy(context, tree, cpus[1]),
        tuple((name, context.facts.chosen[name]) for name in met.MET_AT_BOOT if name in context.facts.chosen),
    )


def _more_buddy(context: SystemContext, tree: DeviceTree | None, cpus: int) -> int:
    """What drivers, the buffers that options ask for and dom0's grant tables take at most beyond the usual."""
    grants = grants_of(context)
    drivers = _frames_of_drivers(context, tree) if tree else 0
    return drivers + buffer_frames(context.arguments, cpus) + (grants.more_pages if grants else 0)


def _frames_of_drivers(context: SystemContext, tree: DeviceTree) -> int:
    has_its = context.deployment.kconfig.get("HAS_ITS") == "y"
    return frames_of_drivers(ancestry_of(tree), context.arguments, has_its=has_its)


def _cpus(context: SystemContext, tree: DeviceTree | None) -> tuple[int, int]:
    """The fewest and the most CPUs that Xen may start."""
    cpus = tree.node("/cpus") if tree else None
    most = sum(child.name.partition("@")[0] == "cpu" for child in cpus.children) if cpus else 1
    return 1, max(1, min(most, context.arguments.number("maxcpus") or most))


def _devices(tree: DeviceTree, context: SystemContext) -> tuple[Mapping, ...]:
    ancestry = ancestry_of(tree)
    shared = dom0less_end.shared_of(node, cells_below(tree, "/chosen")) if (node := tree.node("/chosen")) else ()
    devices = mapped_into_dom0(ancestry, uart_of(ancestry, context.arguments))
    return (*(dom0less_end.shared_mappings(shared) if context.has_dom0 else ()), *devices)


def _has_hardware_domain(context: SystemContext) -> bool:
    tree = context.deployment.tree
    return any(is_hardware_domain(node, context.release) for node in (dom0less.nodes(tree) if tree else ()))


def _first_banks(context: SystemContext, tree: DeviceTree | None) -> list[tuple[str, int]]:
    found = []
    if context.has_dom0:
        module = context.machine.module
        found.append(("dom0", first_bank_need(module(ModuleKind.KERNEL), module(ModuleKind.RAMDISK))))
    for node in dom0less.nodes(tree) if tree else ():
        held = dom0less.modules(node, cells_below(tree, node.path)) if tree else {}
        if ModuleKind.KERNEL in held:
            found.append((node.name, first_bank_need(held[ModuleKind.KERNEL], held.get(ModuleKind.RAMDISK))))
    return found


def with_dom0_tables(system: System) -> System:
    """Adds the P2M tables of dom0, which depend on Xen's address and on the devices."""
    layout = dom0_layout(system)
    if layout is None:
        return system
    domains = tuple(
        replace(domain, p2m_pages=layout.tables + domain.unused_pool)
        if domain.kind is DomainKind.DOM0 or domain.hardware
        else domain
        for domain in system.domains
    )
    return replace(system, domains=domains)
