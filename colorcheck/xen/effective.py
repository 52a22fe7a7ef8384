"""The effective system: everything that a release of Xen decides from the files before it allocates memory.

Its parts are in `decided`; the kinds of notes and their data in `notes`.
"""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import ancestry_of
from colorcheck.loader.facts import Fact
from colorcheck.xen.decided.boot_domains import boot_domains, guests
from colorcheck.xen.decided.context import (
    SystemContext,
    read_context,
)
from colorcheck.xen.decided.prepare import prepare, with_dom0_tables
from colorcheck.xen.domains import dom0less
from colorcheck.xen.domains.affinity import with_affinities
from colorcheck.xen.domains.color_choice import out_of_range, repeated
from colorcheck.xen.domains.cpu_pools import SCHEDULERS, named_schedulers, no_scheduler, pools_fact
from colorcheck.xen.domains.fork_colors import refused_by_fork
from colorcheck.xen.domains.hardware_domain import (
    has_iommu,
    without_xenstore,
)
from colorcheck.xen.domains.option_notes import colors_while_off, option_notes, unsorted_xen_colors
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.gather import facts_of
from colorcheck.xen.facts.keys import (
    SCHEDULER,
    SVE,
)
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.machine.boot_info import EARLY, EINVAL, read_machine
from colorcheck.xen.memory.dom0_banks import first_bank_need
from colorcheck.xen.notes.colors import XenDefaultColors
from colorcheck.xen.notes.machine import DeepTreeHangs, FileSizeAssumed
from colorcheck.xen.options.geometry import refused
from colorcheck.xen.options.iommu import UNUSABLE, iommu_option
from colorcheck.xen.options.sve import NOT_BUILT_IN, asks_for_sve
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.release.spelling import Concept
from colorcheck.xen.system import System

MAX_DEPTH = 16  # DEVICE_TREE_MAX_DEPTH: levels that Xen walks, including the root


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
    context = read_context(deployment, board, release, facts)
    system = _xen(context)
    with context.facts.recorded() as more:
        domains = list(boot_domains(context, system))
        domains += guests(context, domains)
    system = replace(
        system,
        domains=tuple(domains),
        preparation=prepare(context),
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
    system = with_affinities(replace(with_dom0_tables(system), notes=(*context.notes, *assumed)), deployment, board)
    return replace(system, pool_panic=system.pool_panic or _without_scheduler(context))


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
    return with_dom0_tables(replace(system, preparation=moved, panic=panic))


def _xen(context: SystemContext) -> System:
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


def _static_memory_refused(context: SystemContext) -> bool:
    """Whether Xen stops at static memory in the tree because it was built without it (the default)."""
    if not context.release.traits.static_memory_needs_build_option or context.deployment.tree is None:
        return False
    asked = any("xen,static-mem" in node.properties for node in dom0less.nodes(context.deployment.tree))
    return asked and context.deployment.kconfig.get("STATIC_MEMORY", "n") != "y"


def _too_deep(context: SystemContext) -> Node | None:
    """The first node at which a release that cannot walk deep trees hangs."""
    tree = context.deployment.tree
    if tree is None or not context.release.traits.deep_tree_hangs:
        return None
    level: list[Node] = [tree.root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.children]
    return level[0] if level else None


def _without_xenstore(context: SystemContext) -> Failure | None:
    tree = context.deployment.tree
    found = dom0less.nodes(tree) if tree else []
    return without_xenstore(found, context.release, has_dom0=context.has_dom0)


def _without_iommu(context: SystemContext) -> Failure | None:
    """The panic of a Xen that must use an IOMMU, where it drives none."""
    tree, option = context.deployment.tree, iommu_option(context.arguments)
    built_in = context.deployment.build_option("HAS_PASSTHROUGH") == "y"
    if (
        not (built_in and option.forced and context.release.modelled)
        or tree is None
        or has_iommu(context.arguments, context.facts)
    ):
        return None
    return Failure(FailureKind.OTHER, UNUSABLE)


def _without_scheduler(context: SystemContext) -> Failure | None:
    """The panic of a Xen that lacks the scheduler of a boot-time pool."""
    deployment = context.deployment
    named = next(named_schedulers(deployment.tree), None)
    pools = pools_fact(deployment, ancestry_of(deployment.tree)) if deployment.tree else None
    read = named is None or context.facts.read(SCHEDULER) is not False
    if read or named is None or not isinstance(pools, Fact) or not pools.value:
        return None
    states = ((name, deployment.kconfig.get(option)) for name, option in SCHEDULERS.items())
    off = {name for name, state in states if state != "y"}
    wanted = next((name for _, name in named_schedulers(deployment.tree) if name in off), named[1])
    return Failure(FailureKind.OTHER, no_scheduler(wanted))
