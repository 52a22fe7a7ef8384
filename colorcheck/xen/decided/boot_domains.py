"""The domains that Xen builds at boot, with why building them fails, and the guests that xl creates after it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.dts.freeze import blob_size
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import ancestry_of, cells_below, compatible
from colorcheck.xen.decided.context import (
    SystemContext,
    grants_of,
    uart_of,
)
from colorcheck.xen.domains import dom0_end, dom0less, dom0less_end
from colorcheck.xen.domains.dom0 import dom0
from colorcheck.xen.domains.fork_colors import Fork
from colorcheck.xen.domains.hardware_domain import (
    CONTROL,
    capabilities,
    has_iommu,
)
from colorcheck.xen.domains.node_limits import HostLimits
from colorcheck.xen.domains.partial_tree import PassthroughHost, taken_interrupts
from colorcheck.xen.domains.passed_through import mapped_memory, passed_through
from colorcheck.xen.domains.vcpus import MOST_VCPUS
from colorcheck.xen.domains.xl_creation import XlHost
from colorcheck.xen.domains.xl_domains import xl_domains
from colorcheck.xen.facts import met
from colorcheck.xen.facts.gather import LARGEST_TREE
from colorcheck.xen.facts.keys import (
    ADDRESS_BITS,
    TREE_SIZE,
)
from colorcheck.xen.kinds import Failure, FailureKind, Note
from colorcheck.xen.machine.host_devices import is_driven, most_vcpus
from colorcheck.xen.machine.machine import MEMRESERVE
from colorcheck.xen.memory.p2m import reach
from colorcheck.xen.notes.domains import Dom0TreeFull
from colorcheck.xen.system import Domain, System


def boot_domains(context: SystemContext, system: System) -> list[Domain]:
    """dom0 and the dom0less domains, in the order in which Xen builds them."""
    found = []
    if context.has_dom0:
        first = dom0(context.deployment, context.arguments, context.machine, system)
        context.notes += first.notes
        refused = _dom0_refused(context, first.domain)
        found.append(_ended_dom0(context, replace(first.domain, failure=refused or first.domain.failure)))
    tree = context.deployment.tree
    if tree is not None:
        rules = dom0less.Dom0lessRules(
            context.release,
            system.coloring,
            system.nr_colors,
            context.most_colors,
            context.has_dom0,
            context.arguments.dom0_colors,
            context.arguments.legacy,
            has_iommu(context.arguments, context.facts),
            context.machine,
            context.deployment.module_trees,
            context.facts,
            host=_passthrough_host(context, tree),
            limits=HostLimits(grants_of(context), most_vcpus(tree)) if context.release.modelled else None,
        )
        for domain, notes in dom0less.domains(tree, rules):
            found.append(domain)
            context.notes += notes
    return found


def _dom0_refused(context: SystemContext, domain: Domain) -> Failure | None:
    """Options with which Xen cannot create dom0: no frames for its grant table, more vCPUs than its interrupt
    controller has (`domain_create`)."""
    tree, grants = context.deployment.tree, grants_of(context)
    asked = min(context.arguments.number("dom0_max_vcpus"), MOST_VCPUS)
    beyond = tree is not None and asked > most_vcpus(tree)
    if not context.release.modelled or not (beyond or (grants is not None and not grants.frames)):
        return None
    return Failure(FailureKind.OTHER, f"Error creating domain {domain.id} (rc = -22)")


def _passthrough_host(context: SystemContext, tree: DeviceTree) -> PassthroughHost:
    ancestry = ancestry_of(tree)
    uart = uart_of(ancestry, context.arguments)
    return PassthroughHost(
        ancestry,
        reach(context.facts.read(ADDRESS_BITS)),
        has_iommu(context.arguments, context.facts),
        taken_interrupts(ancestry, uart if uart and is_driven(uart) else None, has_dom0=context.has_dom0),
        context.release.traits.refuses_gic_phandle,
    )


def guests(context: SystemContext, before: Sequence[Domain]) -> list[Domain]:
    found, notes = xl_domains(
        context.deployment,
        context.release,
        coloring=context.geometry.coloring,
        nr_colors=context.geometry.nr_colors,
        first_id=max((domain.id for domain in before), default=0) + 1,
        has_dom0=context.has_dom0 or _has_control_domain(context),
        fork=_fork(context),
        host=replace(host_of_guests(context.deployment), facts=context.facts),
    )
    grants = grants_of(context)
    if grants is not None and grants.more_pages:
        found = [replace(domain, more_buddy=grants.more_pages) for domain in found]
    context.notes += notes
    if context.geometry.coloring:
        context.notes += passed_through(context.deployment, context.machine)
        if (tree := context.deployment.tree) is not None:
            ancestry = ancestry_of(tree)
            uart = uart_of(ancestry, context.arguments)
            context.notes += mapped_memory(ancestry, uart, context.machine, before)
    return found


def _ended_dom0(context: SystemContext, domain: Domain) -> Domain:
    """dom0 with its shared memory and late failures."""
    tree = context.deployment.tree
    chosen = tree.node("/chosen") if tree else None
    if tree is None or chosen is None or not context.release.modelled:
        return domain
    shared = dom0less_end.shared_of(chosen, cells_below(tree, "/chosen"))
    domain = replace(
        domain,
        shared_pages=dom0less_end.owned_pages(shared),
        buddy_shares=dom0less_end.from_buddy(shared),
        mapped=tuple(dom0less_end.shared_mappings(shared)),
    )
    traits = context.release.traits
    text = f"Could not set up {traits.dom0_named_in_setup} guest OS (rc = -22)"
    failures: list[Failure] = []
    debug = context.deployment.kconfig.get("DEBUG") == "y"
    host = dom0_end.Dom0DeviceLimits(reach(context.facts.read(ADDRESS_BITS)), traits.empty_reg_asserts and debug)
    ancestry = ancestry_of(tree)
    for stop in dom0_end.stopping_devices(ancestry, uart_of(ancestry, context.arguments), host):
        context.notes.append(stop.note())
        failures.append(Failure(FailureKind.OTHER, stop.text or text))
    full = _full_dom0_tree(context, tree)
    if full is not None:
        context.notes.append(full)
        failures.append(Failure(FailureKind.OTHER, text))
    return replace(domain, late_failure=failures[0] if failures else domain.late_failure)


def _full_dom0_tree(context: SystemContext, tree: DeviceTree) -> Note | None:
    """A note if Xen's tree for dom0 has no room for the reserved ranges; if not known, both are worlds."""
    reserved = [held for held in context.machine.reserved if held.label != MEMRESERVE]
    grows = context.release.traits.dom0_tree_grows
    if dom0_end.tree_has_room(len(reserved), (0, 0), grows):
        return None
    size = context.facts.read(TREE_SIZE)
    written = blob_size(tree.root, len(tree.memory_reservations))
    least = max(0, (size or tree.size) - written)
    padding = (0, LARGEST_TREE) if context.facts.is_open(TREE_SIZE) else (least, least)
    room = dom0_end.tree_has_room(len(reserved), padding, grows)
    place = reserved[-1].location
    if room is None:
        perhaps = f"Xen's tree for dom0 may not have room for {len(reserved)} reserved ranges; Xen would panic"
        room = bool(context.facts.decided(met.dom0_tree(perhaps, place)))
    return None if room else Dom0TreeFull(place, "dom0", count=len(reserved))


def _has_control_domain(context: SystemContext) -> bool:
    """Whether a domain of the device tree may run the toolstack."""
    tree = context.deployment.tree
    return any(capabilities(node, context.release) & CONTROL for node in (dom0less.nodes(tree) if tree else ()))


def host_of_guests(deployment: Deployment) -> XlHost:
    """The host before xl has created any guest."""
    tree = deployment.tree
    if tree is None:
        return XlHost()
    chosen = tree.node("/chosen")
    pools = sum(compatible(node, "xen,cpupool") for node in chosen.children) if chosen else 0
    names = {name for number in range(pools + 1) for name in (str(number), f"Pool-{number}")}
    return XlHost(most_vcpus(tree), frozenset(), frozenset(names))


def _fork(context: SystemContext) -> Fork | None:
    """The properties of a fork that matter for colors; None for upstream."""
    if context.release.modelled or not context.geometry.coloring:
        return None
    return Fork(context.release, context.geometry.nr_colors, context.arguments.dom0_colors)
