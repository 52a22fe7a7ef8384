"""The effective system: everything that a release of Xen decides from the files before it allocates memory.

The notes' kinds and data are in `note_kinds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Passage
from colorcheck.core.units import GIB, MIB
from colorcheck.hardware.board import Board
from colorcheck.inputs.boot.kconfig import integer
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.dts.freeze import blob_size
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cells_below, compatible
from colorcheck.loader.facts import Fact
from colorcheck.xen.domains import dom0_end, dom0less, dom0less_end
from colorcheck.xen.domains.affinity import with_affinities
from colorcheck.xen.domains.color_choice import out_of_range, repeated
from colorcheck.xen.domains.cpu_pools import POOLS, SCHEDULERS, named_schedulers, no_scheduler, pools_fact
from colorcheck.xen.domains.dom0 import DEFAULT_MEMORY, dom0, presence
from colorcheck.xen.domains.fork_colors import Fork, refused_by_fork
from colorcheck.xen.domains.hardware_domain import (
    CONTROL,
    capabilities,
    frames_of_drivers,
    has_iommu,
    is_hardware_domain,
    without_xenstore,
)
from colorcheck.xen.domains.node_limits import HostLimits
from colorcheck.xen.domains.option_notes import colors_while_off, option_notes, unsorted_xen_colors
from colorcheck.xen.domains.partial_tree import PassthroughHost, taken_interrupts
from colorcheck.xen.domains.passed_through import mapped_memory, passed_through
from colorcheck.xen.domains.vcpus import MOST_VCPUS
from colorcheck.xen.domains.xl_creation import XlHost
from colorcheck.xen.domains.xl_domains import xl_domains
from colorcheck.xen.facts import met
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.gather import LARGEST_TREE, facts_of
from colorcheck.xen.facts.keys import (
    ADDRESS_BITS,
    ARGUMENTS,
    BOOT_CPU,
    BUILD,
    DOM0LESS,
    FILE_SIZES,
    GUESTS,
    MODULES,
    PCI,
    PDX_OFFSETS,
    SCHEDULER,
    SVE,
    TREE,
    TREE_SIZE,
    XSM,
)
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.boot_info import EARLY, EINVAL, read_machine
from colorcheck.xen.machine.host_devices import console, is_driven, mapped_into_dom0, most_vcpus
from colorcheck.xen.machine.intervals import merged
from colorcheck.xen.machine.machine import MEMRESERVE, Machine
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory.dom0_banks import first_bank_need
from colorcheck.xen.memory.layout import dom0_layout
from colorcheck.xen.memory.p2m import levels, reach
from colorcheck.xen.notes.colors import XenDefaultColors
from colorcheck.xen.notes.domains import Dom0TreeFull
from colorcheck.xen.notes.machine import DeepTreeHangs, FileSizeAssumed
from colorcheck.xen.options.arguments import built_in_text, xen_arguments
from colorcheck.xen.options.buffers import buffer_frames
from colorcheck.xen.options.geometry import OptionGeometry, geometry, refused
from colorcheck.xen.options.grants import GrantLimits, grant_limits
from colorcheck.xen.options.iommu import UNUSABLE, iommu_option
from colorcheck.xen.options.options import BootArguments, boot_arguments
from colorcheck.xen.options.sve import NOT_BUILT_IN, asks_for_sve
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.release.spelling import Concept
from colorcheck.xen.system import Domain, System

MAX_DEPTH = 16  # DEVICE_TREE_MAX_DEPTH: levels that Xen walks, including the root
_HIGHEST_ORDER = 10


class _Context(Struct):
    """The inputs and facts from which the system is computed."""

    deployment: Deployment
    release: Release
    arguments: BootArguments
    geometry: OptionGeometry
    most_colors: int
    machine: Machine
    has_dom0: bool
    facts: FactBook
    board: Board | None = None
    notes: list[Note] = field(default_factory=list)
    reads: frozenset[str] = frozenset()
    memory_reads: frozenset[str] = frozenset()
    cpu_reads: frozenset[str] = frozenset()


def effective(
    deployment: Deployment, board: Board | None, release: str | Release, facts: FactBook | None = None
) -> System:
    """The system of a deployment under the release.

    Raises `UnknownReleaseError` for an unknown name, but never because of the files. Without a board, the number of
    colors is known only if the options give it; otherwise `nr_colors` is None.
    """
    release = release_of(release) if isinstance(release, str) else release
    if facts is None:
        facts = facts_of(deployment, board)
        facts = facts.in_world(facts.first)
    context = _read(deployment, board, release, facts)
    system = _xen(context)
    with context.facts.recorded() as more:
        domains = list(_boot_domains(context, system))
        domains += _guests(context, domains)
    system = replace(
        system,
        domains=tuple(domains),
        preparation=_prepare(context),
        arguments=context.arguments,
        end_panic=_without_xenstore(context),
        iommu_panic=_without_iommu(context),
        reads=context.reads,
        memory_reads=context.memory_reads | more,
        cpu_reads=context.cpu_reads,
        unknown=frozenset(facts.unknown),
    )
    assumed = [
        FileSizeAssumed(p.location, "", problem=p)
        for p in deployment.problems
        if p.kind is ProblemKind.FILE_SIZE_ASSUMED
    ]
    system = with_affinities(replace(_with_dom0_tables(system), notes=(*context.notes, *assumed)), deployment, board)
    return replace(system, pool_panic=system.pool_panic or _without_scheduler(context))


def read_arguments(deployment: Deployment, release: Release, facts: FactBook | None = None) -> BootArguments:
    """Xen's boot arguments as a Xen of this release, built with the deployment's .config, reads them."""
    if facts is not None:
        facts.about(ARGUMENTS.name)
    reserve = _integer(deployment.kconfig.get(release.buddy_kconfig))
    return _read_once(
        xen_arguments(deployment),
        release,
        _most_colors(deployment, release),
        (64 if reserve is None else reserve) * MIB,
        built_in_text(deployment, "DOM0_MEM"),
    )


@lru_cache(maxsize=16)
def _read_once(
    arguments: Passage, release: Release, most_colors: int | None, buddy_size: int, dom0_memory: Passage
) -> BootArguments:
    """The model, the rules and the reports ask for the same again and again."""
    return boot_arguments(arguments, release, most_colors=most_colors, buddy_size=buddy_size, dom0_memory=dom0_memory)


def built_with_coloring(deployment: Deployment, release: Release) -> bool:
    """Whether coloring is built in, as far as the .config and the binary show.

    A binary without an option for Xen's colors, under any release's name, is built without it.
    """
    if deployment.xen_image_options is not None and not deployment.xen_image_options:
        return False
    return deployment.build_option(release.build_switch) == "y"


def compression_built_in(deployment: Deployment) -> bool:
    """Whether Xen is built with compression of frame numbers, which is the default on Arm.

    CONFIG_PDX_COMPRESSION in 4.20, the choice PDX_NONE from 4.21 on.
    """
    kconfig = deployment.kconfig
    return kconfig.get("PDX_NONE", "n") != "y" and kconfig.get("PDX_COMPRESSION", "y") != "n"


def _logged_way(deployment: Deployment, board: Board | None, release: Release) -> int | None:
    """The way size in a log of this release, if no board gives it."""
    log = deployment.boot_log
    found = log.way_size if log is not None and board is None else None
    said = log.version if log is not None else None
    if found is None or (said is not None and not log_version(str(said.value)).is_near(release)):
        return None
    return found[0]


def _read(deployment: Deployment, board: Board | None, release: Release, facts: FactBook) -> _Context:
    most = _most_colors(deployment, release)
    with facts.recorded() as reads:
        for key in (TREE, BUILD):
            facts.about(key.name)
        if board is not None and len({cluster.llc for cluster in board.clusters}) > 1:
            facts.about(BOOT_CPU.name)  # Xen probes the cache of the CPU on which it starts
        arguments = read_arguments(deployment, release, facts)
        built_in = built_with_coloring(deployment, release)
        found = geometry(arguments, board, most, built_in, _logged_way(deployment, board, release))
    with facts.recorded() as memory_reads:
        for key in (GUESTS, MODULES, FILE_SIZES, XSM, SVE, PCI, DOM0LESS):
            facts.about(key.name)
        facts.about(SCHEDULER.name)
        facts.read(ADDRESS_BITS)
        machine, notes = read_machine(deployment, facts)
        machine = replace(machine, compresses=arguments.pdx_compress and compression_built_in(deployment))
        if machine.compresses and _is_compressed(machine):
            facts.about(PDX_OFFSETS.name)
        has_dom0 = presence(deployment, machine, arguments, facts)
    notes = (*notes, *found.notes)
    context = _Context(deployment, release, arguments, found, most, machine, has_dom0, facts, board, list(notes))
    context.reads = frozenset(reads)
    context.cpu_reads = frozenset(name for name in (BOOT_CPU.name, POOLS) if name in facts.unknown)
    context.memory_reads = context.reads | memory_reads | context.cpu_reads
    return context


def _is_compressed(machine: Machine) -> bool:
    """Whether frame numbers can be compressed: not if memory is one range from the first GiB on."""
    runs = merged(machine.spans)
    return len(runs) > 1 or any(start >= GIB for start, _ in runs)


def elsewhere(system: System, deployment: Deployment, facts: FactBook) -> System:
    """The same system with the load addresses of these facts; everything else must be unchanged."""
    prepared = system.preparation
    if prepared is None:
        return system
    machine, _ = read_machine(deployment, facts)
    machine = replace(machine, compresses=prepared.machine.compresses)
    need = first_bank_need(machine.module(ModuleKind.KERNEL), machine.module(ModuleKind.RAMDISK))
    banks = tuple((name, need if name == "dom0" else size) for name, size in prepared.first_banks)
    panic = Failure(FailureKind.OTHER, machine.panic) if machine.panic else system.panic
    moved = replace(prepared, machine=machine, first_banks=banks)
    return _with_dom0_tables(replace(system, preparation=moved, panic=panic))


def _most_colors(deployment: Deployment, release: Release) -> int:
    """The limit that Xen was built with: for upstream the option is a power of two, 1 to 10."""
    given = _integer(deployment.kconfig.get(release.colors_kconfig))
    if given is None or given < 1:
        return release.most_colors
    return 1 << min(given, _HIGHEST_ORDER) if release.modelled else given


def _integer(text: str | None) -> int | None:
    return None if text is None else integer(text)


def _xen(context: _Context) -> System:
    """The system without its domains: Xen's own colors."""
    found, arguments = context.geometry, context.arguments
    option = arguments.in_force(Concept.XEN_COLORS)
    place = option.value_location if option else arguments.location
    colors, source, panic = arguments.xen_colors, arguments.xen_source, found.panic
    if found.coloring:
        context.notes += option_notes(arguments, Concept.XEN_COLORS, "xen")
        if not colors:
            colors = (0,)
            context.notes.append(XenDefaultColors(place, "xen", colors=colors))
        modelled = context.release.modelled
        if modelled:
            wrong = refused(colors, found.nr_colors) if found.nr_colors else ""
        else:
            wrong = refused_by_fork(colors, context.release, found.nr_colors)
        if wrong and not panic:
            context.notes += out_of_range(colors, found.nr_colors, "Xen", place) if found.nr_colors else ()
            panic = Failure(FailureKind.XEN_COLORS, "Bad LLC color config for Xen")
        context.notes += repeated(colors, "xen", place)
        context.notes += unsorted_xen_colors(colors, place) if modelled else ()
    else:
        context.notes += colors_while_off(arguments)
        colors = ()
    if asks_for_sve(arguments) is not None and not context.facts.is_open(SVE):
        panic = Failure(FailureKind.OTHER, NOT_BUILT_IN)
    if context.machine.panic and context.release.modelled:
        panic = Failure(FailureKind.OTHER, context.machine.panic)
    if _static_memory_refused(context):
        panic = Failure(FailureKind.OTHER, EARLY.format(EINVAL))
    deep = _too_deep(context)
    if deep is not None:
        title = context.release.title
        context.notes.append(DeepTreeHangs(deep.location, "", levels=MAX_DEPTH, node=deep.path, release=title))
        panic = Failure(FailureKind.HANG, "Xen hangs while it reads the device tree")
    return System(
        context.release,
        found.coloring,
        found.nr_colors,
        found.way_size,
        colors,
        source,
        place,
        found.location,
        (),
        panic=panic,
    )


def _static_memory_refused(context: _Context) -> bool:
    """Whether Xen stops at static memory in the tree because it was built without it (the default)."""
    if not context.release.traits.static_memory_needs_build_option or context.deployment.tree is None:
        return False
    asked = any("xen,static-mem" in node.properties for node in dom0less.nodes(context.deployment.tree))
    return asked and context.deployment.kconfig.get("STATIC_MEMORY", "n") != "y"


def _too_deep(context: _Context) -> Node | None:
    """The first node at which a release that cannot walk deep trees hangs."""
    tree = context.deployment.tree
    if tree is None or not context.release.traits.deep_tree_hangs:
        return None
    level: list[Node] = [tree.root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.children]
    return level[0] if level else None


def _boot_domains(context: _Context, system: System) -> list[Domain]:
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
            has_iommu(Ancestry(tree), context.arguments),
            context.machine,
            context.deployment.module_trees,
            context.facts,
            host=_passthrough_host(context, tree),
            limits=HostLimits(_grants(context), most_vcpus(tree)) if context.release.modelled else None,
        )
        for domain, notes in dom0less.domains(tree, rules):
            found.append(domain)
            context.notes += notes
    return found


def _dom0_refused(context: _Context, domain: Domain) -> Failure | None:
    """Options with which Xen cannot create dom0: no frames for its grant table, more vCPUs than its interrupt
    controller has (`domain_create`)."""
    tree, grants = context.deployment.tree, _grants(context)
    asked = min(context.arguments.number("dom0_max_vcpus"), MOST_VCPUS)
    beyond = tree is not None and asked > most_vcpus(tree)
    if not context.release.modelled or not (beyond or (grants is not None and not grants.frames)):
        return None
    return Failure(FailureKind.OTHER, f"Error creating domain {domain.id} (rc = -22)")


def _grants(context: _Context) -> GrantLimits | None:
    """The grant tables that domains get by default; None if Xen is built without any."""
    return grant_limits(context.arguments) if context.deployment.build_option("GRANT_TABLE") == "y" else None


def _passthrough_host(context: _Context, tree: DeviceTree) -> PassthroughHost:
    ancestry = Ancestry(tree)
    uart = _uart(ancestry, context.arguments)
    return PassthroughHost(
        ancestry,
        reach(context.facts.read(ADDRESS_BITS)),
        has_iommu(ancestry, context.arguments),
        taken_interrupts(ancestry, uart if uart and is_driven(uart) else None, has_dom0=context.has_dom0),
        context.release.traits.refuses_gic_phandle,
    )


def _guests(context: _Context, before: Sequence[Domain]) -> list[Domain]:
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
    grants = _grants(context)
    if grants is not None and grants.more_pages:
        found = [replace(domain, more_buddy=grants.more_pages) for domain in found]
    context.notes += notes
    if context.geometry.coloring:
        context.notes += passed_through(context.deployment, context.machine)
        if (tree := context.deployment.tree) is not None:
            ancestry = Ancestry(tree)
            uart = _uart(ancestry, context.arguments)
            context.notes += mapped_memory(ancestry, uart, context.machine, before)
    return found


def _ended_dom0(context: _Context, domain: Domain) -> Domain:
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
    ancestry = Ancestry(tree)
    for stop in dom0_end.stopping_devices(ancestry, _uart(ancestry, context.arguments), host):
        context.notes.append(stop.note())
        failures.append(Failure(FailureKind.OTHER, stop.text or text))
    full = _full_dom0_tree(context, tree)
    if full is not None:
        context.notes.append(full)
        failures.append(Failure(FailureKind.OTHER, text))
    return replace(domain, late_failure=failures[0] if failures else domain.late_failure)


def _full_dom0_tree(context: _Context, tree: DeviceTree) -> Note | None:
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


def _without_xenstore(context: _Context) -> Failure | None:
    tree = context.deployment.tree
    found = dom0less.nodes(tree) if tree else []
    return without_xenstore(found, context.release, has_dom0=context.has_dom0)


def _without_iommu(context: _Context) -> Failure | None:
    """The panic of a Xen that must use an IOMMU, where it drives none."""
    tree, option = context.deployment.tree, iommu_option(context.arguments)
    built_in = context.deployment.build_option("HAS_PASSTHROUGH") == "y"
    if (
        not (built_in and option.forced and context.release.modelled)
        or tree is None
        or has_iommu(Ancestry(tree), context.arguments)
    ):
        return None
    return Failure(FailureKind.OTHER, UNUSABLE)


def _without_scheduler(context: _Context) -> Failure | None:
    """The panic of a Xen that lacks the scheduler of a boot-time pool."""
    deployment = context.deployment
    named = next(named_schedulers(deployment.tree), None)
    pools = pools_fact(deployment, Ancestry(deployment.tree)) if deployment.tree else None
    read = named is None or context.facts.read(SCHEDULER) is not False
    if read or named is None or not isinstance(pools, Fact) or not pools.value:
        return None
    states = ((name, deployment.kconfig.get(option)) for name, option in SCHEDULERS.items())
    off = {name for name, state in states if state != "y"}
    wanted = next((name for _, name in named_schedulers(deployment.tree) if name in off), named[1])
    return Failure(FailureKind.OTHER, no_scheduler(wanted))


def _has_control_domain(context: _Context) -> bool:
    """Whether a domain of the device tree may run the toolstack."""
    tree = context.deployment.tree
    return any(capabilities(node, context.release) & CONTROL for node in (dom0less.nodes(tree) if tree else ()))


def _has_hardware_domain(context: _Context) -> bool:
    tree = context.deployment.tree
    return any(is_hardware_domain(node, context.release) for node in (dom0less.nodes(tree) if tree else ()))


def host_of_guests(deployment: Deployment) -> XlHost:
    """The host before xl has created any guest."""
    tree = deployment.tree
    if tree is None:
        return XlHost()
    chosen = tree.node("/chosen")
    pools = sum(compatible(node, "xen,cpupool") for node in chosen.children) if chosen else 0
    names = {name for number in range(pools + 1) for name in (str(number), f"Pool-{number}")}
    return XlHost(most_vcpus(tree), frozenset(), frozenset(names))


def _fork(context: _Context) -> Fork | None:
    """The properties of a fork that matter for colors; None for upstream."""
    if context.release.modelled or not context.geometry.coloring:
        return None
    return Fork(context.release, context.geometry.nr_colors, context.arguments.dom0_colors)


def _prepare(context: _Context) -> Preparation:
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


def _more_buddy(context: _Context, tree: DeviceTree | None, cpus: int) -> int:
    """What drivers, the buffers that options ask for and dom0's grant tables take at most beyond the usual."""
    grants = _grants(context)
    drivers = _frames_of_drivers(context, tree) if tree else 0
    return drivers + buffer_frames(context.arguments, cpus) + (grants.more_pages if grants else 0)


def _frames_of_drivers(context: _Context, tree: DeviceTree) -> int:
    has_its = context.deployment.kconfig.get("HAS_ITS") == "y"
    return frames_of_drivers(Ancestry(tree), context.arguments, has_its=has_its)


def _cpus(context: _Context, tree: DeviceTree | None) -> tuple[int, int]:
    """The fewest and the most CPUs that Xen may start."""
    cpus = tree.node("/cpus") if tree else None
    most = sum(child.name.partition("@")[0] == "cpu" for child in cpus.children) if cpus else 1
    return 1, max(1, min(most, context.arguments.number("maxcpus") or most))


def _devices(tree: DeviceTree, context: _Context) -> tuple[Mapping, ...]:
    ancestry = Ancestry(tree)
    shared = dom0less_end.shared_of(node, cells_below(tree, "/chosen")) if (node := tree.node("/chosen")) else ()
    devices = mapped_into_dom0(ancestry, _uart(ancestry, context.arguments))
    return (*(dom0less_end.shared_mappings(shared) if context.has_dom0 else ()), *devices)


def _uart(ancestry: Ancestry, arguments: BootArguments) -> Node | None:
    return console(ancestry, arguments.text("console", "dtuart"), arguments.text("dtuart"))


def _first_banks(context: _Context, tree: DeviceTree | None) -> list[tuple[str, int]]:
    found = []
    if context.has_dom0:
        module = context.machine.module
        found.append(("dom0", first_bank_need(module(ModuleKind.KERNEL), module(ModuleKind.RAMDISK))))
    for node in dom0less.nodes(tree) if tree else ():
        held = dom0less.modules(node, cells_below(tree, node.path)) if tree else {}
        if ModuleKind.KERNEL in held:
            found.append((node.name, first_bank_need(held[ModuleKind.KERNEL], held.get(ModuleKind.RAMDISK))))
    return found


def _with_dom0_tables(system: System) -> System:
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
