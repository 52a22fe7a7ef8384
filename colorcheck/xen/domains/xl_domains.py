"""Guests of xl: what their files ask for and what xl and Xen make of it, before any memory is given out.

Source: `libxl__domain_make`, `libxl__domain_build` (tools/libs/light), `domain_set_llc_colors_domctl`
(xen/common/llc-coloring.c), 4.20–4.22; measured with xl of 4.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.c_numbers import strtol
from colorcheck.core.source import Passage
from colorcheck.core.units import MIB_PAGES
from colorcheck.inputs.deployment import Deployment
from colorcheck.xen.domains.color_choice import Choice, everything, out_of_range, repeated
from colorcheck.xen.domains.fork_colors import Fork, guest_choice
from colorcheck.xen.domains.xl_guest import XlGuest, xl_guest
from colorcheck.xen.kinds import ColorSource, DomainKind, Failure, FailureKind, Note
from colorcheck.xen.memory.p2m import xl_pool
from colorcheck.xen.notes.colors import ColoringOffButColors, DefaultColors, ListMeansElse
from colorcheck.xen.notes.domains import GuestRejected, HostCrash, NoDom0ForXl, Passthrough, ToolstackCannotPopulate
from colorcheck.xen.options.geometry import refused
from colorcheck.xen.release.release import Release
from colorcheck.xen.system import Domain

MAGIC_PAGES = 4  # console, Xenstore, memory access, virtual UART
DEFAULT_MEMORY = 32  # MiB
HOST_CRASH = "Error during Hypervisor-to-physical address translation"


def xl_domains(
    deployment: Deployment,
    release: Release,
    *,
    coloring: bool,
    nr_colors: int | None,
    first_id: int,
    has_dom0: bool,
    fork: Fork | None = None,
) -> tuple[list[Domain], list[Note]]:
    """The guests in the order of creation. An id is used up by each attempt that reaches Xen."""
    domains: list[Domain] = []
    notes: list[Note] = []
    next_id = first_id
    for file in deployment.guests:
        guest = xl_guest(file)
        if fork:
            choice = guest_choice(guest, fork)
        else:
            choice = _choice(guest, release, nr_colors) if coloring else _uncolored(guest)
        failure = Failure(FailureKind.XL_REJECTS, guest.rejected) if guest.rejected and not fork else choice.failure
        if guest.maxvcpus and guest.vcpus and guest.maxvcpus < guest.vcpus:
            failure = Failure(FailureKind.XL_REJECTS, "xl: maxvcpus < vcpus")
        if not has_dom0:
            message = f"{guest.title} cannot be created: there is no dom0 to run xl"
            notes.append(NoDom0ForXl(message, file.location, guest.title))
            failure = failure or Failure(FailureKind.OTHER, "there is no dom0 to run xl")
        domains.append(_domain(guest, choice, next_id, failure))
        notes += choice.notes
        notes += _notes(guest, release, coloring)
        next_id += guest.rejected is None
    return domains, notes


def _domain(guest: XlGuest, choice: Choice, number: int, failure: Failure | None) -> Domain:
    memory, maxmem, vcpus, maxvcpus = needs(guest)
    pool = _shadow_memory(guest)
    return Domain(
        number,
        guest.title,
        DomainKind.XL,
        choice.colors,
        choice.source,
        choice.location,
        guest.location("memory"),
        vcpus,
        pages=memory * MIB_PAGES,
        p2m_pages=xl_pool(maxmem, maxvcpus) if pool is None else pool * MIB_PAGES,
        extra_pages=MAGIC_PAGES,
        failure=failure,
        pool_follows=pool is None and guest.maxmem is None,
    )


def needs(guest: XlGuest) -> tuple[int, int, int, int]:
    """memory and maxmem in MiB, vcpus and maxvcpus, defaults filled in.

    `memory` sets both sizes and `maxmem` then the larger one; of the two numbers of vCPUs the first is the default
    of the second.
    """
    memory = guest.memory if guest.memory is not None else guest.maxmem
    memory = DEFAULT_MEMORY if memory is None else max(0, memory)
    maxmem = memory if guest.maxmem is None else max(0, guest.maxmem)
    vcpus = max(1, guest.vcpus or guest.maxvcpus or 1)
    return memory, maxmem, vcpus, max(1, guest.maxvcpus or vcpus)


def _shadow_memory(guest: XlGuest) -> int | None:
    """`shadow_memory` in MiB, which replaces the computed size of the P2M pool."""
    setting = guest.file.setting("shadow_memory")
    if setting is None or not isinstance(setting.written, Passage):
        return None
    read = strtol(setting.written.text)
    return read.value if read.end == len(setting.written.text) and read.value > 0 else None


def _uncolored(guest: XlGuest) -> Choice:
    """With coloring off, xl's list counts for nothing."""
    return Choice((), ColorSource.DEFAULT, guest.location("llc_colors"))


def _choice(guest: XlGuest, release: Release, nr_colors: int | None) -> Choice:
    place = guest.location("llc_colors")
    if not guest.llc_colors:
        colors = everything(nr_colors)
        message = f"{guest.title} has no llc_colors: it gets all colors"
        default = DefaultColors(message, place, guest.title, colors=colors)
        return Choice(colors, ColorSource.DEFAULT, place, None, (default,))
    notes = list(repeated(guest.llc_colors, guest.title, place))
    if not nr_colors or not refused(guest.llc_colors, nr_colors):
        return Choice(guest.llc_colors, ColorSource.GIVEN, place, None, tuple(notes))
    notes += out_of_range(guest.llc_colors, nr_colors, guest.title, place)
    if release.traits.refused_guest_crashes_host:
        message = (
            f"{release.title} refuses {guest.title}'s colors, and when xl then destroys the domain, the host goes down"
        )
        notes.append(HostCrash(message, place, guest.title, colors=guest.llc_colors))
        failure = Failure(FailureKind.HOST_PANIC, HOST_CRASH)
    else:
        failure = Failure(FailureKind.DOMAIN_COLORS, "LLC colors allocation failed: Invalid argument")
    return Choice(guest.llc_colors, ColorSource.GIVEN, place, failure, tuple(notes))


def _notes(guest: XlGuest, release: Release, coloring: bool) -> Iterator[Note]:
    if guest.rejected:
        yield GuestRejected(f"xl stops: {guest.rejected}", guest.file.location, guest.title, reason=guest.rejected)
        return
    if not coloring and guest.llc_colors:
        message = f"the llc_colors of {guest.title} count for nothing: coloring is off"
        yield ColoringOffButColors(message, guest.location("llc_colors"), guest.title)
    for element in guest.elements:
        if element.dropped:
            message = f'xl reads "{element.written.text}" as {element.first}-{element.last} and drops the rest'
            yield ListMeansElse(
                message,
                element.dropped_location,
                guest.title,
                text=element.written.text,
                colors=tuple(range(element.first, min(element.last, element.first + 1024) + 1)),
            )
    if coloring and not release.traits.toolstack_can_populate:
        message = (
            f"{release.title} gives no memory to a guest that a toolstack builds while coloring is on: {guest.title}"
        )
        yield ToolstackCannotPopulate(message, guest.file.location, guest.title)
    for key in ("pci", "dtdev", "iomem"):
        if (setting := guest.file.setting(key)) is not None:
            message = f"{guest.title} gets devices ({key}): their DMA needs an IOMMU to find its colored memory"
            yield Passthrough(message, setting.value_location, guest.title, node=key)
