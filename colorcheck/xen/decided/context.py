"""The inputs of the effective system: the deployment and facts, Xen's arguments, geometry and machine."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.source import Passage
from colorcheck.core.units import GIB, MIB
from colorcheck.hardware.board import Board
from colorcheck.inputs.boot.kconfig import integer
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry
from colorcheck.xen.domains.cpu_pools import POOLS
from colorcheck.xen.domains.dom0 import presence
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.keys import (
    ADDRESS_BITS,
    ARGUMENTS,
    BAD_PAGES,
    BOOT_CPU,
    BUILD,
    DOM0LESS,
    FILE_SIZES,
    GUESTS,
    IOMMU,
    MEMORY,
    MODULES,
    PCI,
    PDX_OFFSETS,
    SCHEDULER,
    SVE,
    TREE,
    XSM,
)
from colorcheck.xen.kinds import Note
from colorcheck.xen.machine.boot_info import read_machine
from colorcheck.xen.machine.host_devices import console
from colorcheck.xen.machine.intervals import merged
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.options.arguments import built_in_text, xen_arguments
from colorcheck.xen.options.geometry import OptionGeometry, geometry
from colorcheck.xen.options.grants import GrantLimits, grant_limits
from colorcheck.xen.options.options import BootArguments, boot_arguments
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.release import Release

_HIGHEST_ORDER = 10


class SystemContext(Struct):
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


def read_context(deployment: Deployment, board: Board | None, release: Release, facts: FactBook) -> SystemContext:
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
        for key in (GUESTS, MODULES, FILE_SIZES, XSM, SVE, PCI, DOM0LESS, BAD_PAGES):
            facts.about(key.name)
        facts.about(SCHEDULER.name)
        facts.about(IOMMU.name)
        facts.read(ADDRESS_BITS)
        machine, notes = read_machine(deployment, facts)
        machine = replace(machine, compresses=arguments.pdx_compress and compression_built_in(deployment))
        if board is not None and facts.is_open(MEMORY):
            machine = replace(machine, perhaps=tuple((start, start + size) for start, size in board.dram))
        if machine.compresses and _is_compressed(machine):
            facts.about(PDX_OFFSETS.name)
        has_dom0 = presence(deployment, machine, arguments, facts)
    notes = (*notes, *found.notes)
    context = SystemContext(deployment, release, arguments, found, most, machine, has_dom0, facts, board, list(notes))
    context.reads = frozenset(reads)
    context.cpu_reads = frozenset(name for name in (BOOT_CPU.name, POOLS) if name in facts.unknown)
    context.memory_reads = context.reads | memory_reads | context.cpu_reads
    return context


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


def _is_compressed(machine: Machine) -> bool:
    """Whether frame numbers can be compressed: not if memory is one range from the first GiB on."""
    runs = merged(machine.spans)
    return len(runs) > 1 or any(start >= GIB for start, _ in runs)


def _most_colors(deployment: Deployment, release: Release) -> int:
    """The limit that Xen was built with: for upstream the option is a power of two, 1 to 10."""
    given = _integer(deployment.kconfig.get(release.colors_kconfig))
    if given is None or given < 1:
        return release.most_colors
    return 1 << min(given, _HIGHEST_ORDER) if release.modelled else given


def _integer(text: str | None) -> int | None:
    return None if text is None else integer(text)


def uart_of(ancestry: Ancestry, arguments: BootArguments) -> Node | None:
    return console(ancestry, arguments.text("console", "dtuart"), arguments.text("dtuart"))


def grants_of(context: SystemContext) -> GrantLimits | None:
    """The grant tables that domains get by default; None if Xen is built without any."""
    return grant_limits(context.arguments) if context.deployment.build_option("GRANT_TABLE") == "y" else None
