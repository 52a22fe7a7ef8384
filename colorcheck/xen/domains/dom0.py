"""dom0 as the boot arguments describe it: whether there is one, its colors and its memory.

Source: `start_xen`, `create_dom0`, `dom0_set_llc_colors`, `parse_dom0_mem` (xen/arch/arm, xen/common, 4.20–4.22).
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.core.units import MIB, PAGE
from colorcheck.inputs.deployment import Deployment
from colorcheck.xen.domains.color_choice import ColorChoice, everything, out_of_range
from colorcheck.xen.domains.fork_colors import dom0_choice
from colorcheck.xen.domains.option_notes import option_notes
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.keys import DOM0_KERNEL
from colorcheck.xen.kinds import ColorSource, DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.chosen_walk import dom0_kernel_unplaced
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.notes.colors import DefaultColors
from colorcheck.xen.notes.domains import Dom0MemoryDefault, Dom0WithoutKernel, MemoryNotPages
from colorcheck.xen.options.geometry import refused
from colorcheck.xen.options.options import BootArguments
from colorcheck.xen.release.spelling import Concept
from colorcheck.xen.release.traits import Traits
from colorcheck.xen.system import Domain, System

DEFAULT_MEMORY = 512 * MIB


class Dom0(Struct, frozen=True):
    """dom0 with its memory in bytes, and notes about it."""

    domain: Domain
    memory: int
    notes: tuple[Note, ...]


def presence(deployment: Deployment, machine: Machine, arguments: BootArguments, facts: FactBook) -> bool:
    """Whether there is a dom0: Xen starts one if it finds a kernel module for it.

    It also tries, in vain, if the tree has no kernel for any domain (`is_dom0less_mode`). A module of dom0's kernel
    whose address the boot loader must set counts, since without it Xen stops. If the boot loader must load a kernel
    that is not named, there is a dom0 if there are guests of xl or options for dom0.
    """
    if machine.module(ModuleKind.KERNEL) is not None:
        return True
    if machine.final:
        return not any(module.kind is ModuleKind.KERNEL for module in machine.modules)
    if dom0_kernel_unplaced(deployment.tree):
        return True
    options = [*arguments.given(Concept.DOM0_COLORS), *arguments.given(Concept.DOM0_MEMORY)]
    return facts.is_open(DOM0_KERNEL) and bool(deployment.guests or options)


def dom0(deployment: Deployment, arguments: BootArguments, machine: Machine, system: System) -> Dom0:
    """dom0 under this Xen, without its P2M tables."""
    choice = _colors(arguments, machine, system)
    memory, place, notes = _memory(arguments)
    if _without_kernel(machine, system.release.traits):
        where = deployment.tree.root.location if deployment.tree else place
        notes += (Dom0WithoutKernel(where, "dom0", empty=machine.module(ModuleKind.KERNEL) is not None),)
    domain = Domain(
        0,
        "dom0",
        DomainKind.DOM0,
        choice.colors,
        choice.source,
        choice.location,
        place,
        _vcpus(deployment, arguments),
        pages=-(-memory // PAGE),
        failure=choice.failure or _without_kernel(machine, system.release.traits),
    )
    return Dom0(domain, memory, (*choice.notes, *notes))


def _without_kernel(machine: Machine, traits: Traits) -> Failure | None:
    """The failure if `kernel_probe` finds nothing to start: no module, or an empty one. An empty file is a
    placeholder.
    """
    kernel = machine.module(ModuleKind.KERNEL)
    if not machine.final or (kernel is not None and kernel.size):
        return None
    return Failure(FailureKind.OTHER, f"Could not set up {traits.dom0_named_in_setup} guest OS (rc = -2)")


def _colors(arguments: BootArguments, machine: Machine, system: System) -> ColorChoice:
    option = arguments.in_force(Concept.DOM0_COLORS)
    kernel = machine.module(ModuleKind.KERNEL)
    default_place = arguments.location if arguments.options or not kernel else kernel.location
    place = option.value_location if option else default_place
    if not system.coloring:
        return ColorChoice((), ColorSource.DEFAULT, place)
    notes = option_notes(arguments, Concept.DOM0_COLORS, "dom0")
    if not arguments.release.modelled:
        choice = dom0_choice(arguments, system.nr_colors, place)
        return replace(choice, notes=(*notes, *choice.notes))
    colors, source = arguments.dom0_colors, arguments.dom0_source
    if not colors:
        colors = everything(system.nr_colors)
        notes.append(DefaultColors(place, "dom0", colors=colors))
        return ColorChoice(colors, ColorSource.DEFAULT, place, None, tuple(notes))
    failure = None
    if system.nr_colors and refused(colors, system.nr_colors):
        notes += out_of_range(colors, system.nr_colors, "dom0", place)
        name = system.release.traits.dom0_named_with_colors
        failure = Failure(FailureKind.DOM0_COLORS, f"Error initializing LLC coloring for {name} (rc = -22)")
    return ColorChoice(colors, source, place, failure, tuple(notes))


def _memory(arguments: BootArguments) -> tuple[int, Location, tuple[Note, ...]]:
    """`dom0_mem` in bytes, its location, and notes."""
    option = arguments.in_force(Concept.DOM0_MEMORY)
    place = option.location if option else arguments.dom0_mem_built_in or arguments.location
    memory = arguments.dom0_mem
    if not memory:
        default = Dom0MemoryDefault(place, "dom0", size=DEFAULT_MEMORY, given=memory is not None)
        return DEFAULT_MEMORY, place, (default,)
    if memory % PAGE:
        return memory, place, (MemoryNotPages(place, "dom0", size=memory, owner=DomainKind.DOM0),)
    return memory, place, ()


def _vcpus(deployment: Deployment, arguments: BootArguments) -> int:
    """`dom0_max_vcpus`, else one for each CPU of the device tree."""
    limit = arguments.number("dom0_max_vcpus")
    if limit:
        return limit
    cpus = deployment.tree.node("/cpus") if deployment.tree else None
    return sum(child.name.partition("@")[0] == "cpu" for child in cpus.children) or 1 if cpus else 1
