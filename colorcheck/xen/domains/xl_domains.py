"""Guests of xl: what xl and Xen do with their files, before any memory is allocated.

Source: `libxl__domain_make`, `libxl__domain_build` (tools/libs/light), `domain_set_llc_colors_domctl`
(xen/common/llc-coloring.c), 4.20–4.22; measured with xl of 4.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.source import Location, Passage
from colorcheck.core.units import MIB_PAGES
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.xl.xl_values import XlFile, XlList
from colorcheck.xen.domains.color_choice import ColorChoice, everything, out_of_range, repeated
from colorcheck.xen.domains.fork_colors import Fork, guest_choice
from colorcheck.xen.domains.xl_creation import Creation, XlHost, creation, needs
from colorcheck.xen.domains.xl_guest import XlGuest, xl_guest
from colorcheck.xen.kinds import ColorSource, DomainKind, Failure, FailureKind, Note
from colorcheck.xen.notes.colors import ColoringOffButColors, DefaultColors, ListMeansElse
from colorcheck.xen.notes.domains import GuestRejected, HostCrash, NoDom0ForXl, Passthrough, ToolstackCannotPopulate
from colorcheck.xen.options.geometry import refused
from colorcheck.xen.release.release import Release
from colorcheck.xen.system import MAGIC_PAGES, Domain

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
    host: XlHost | None = None,
) -> tuple[list[Domain], list[Note]]:
    """The guests in the order of creation. An id is used up by each attempt that reaches Xen."""
    host = host or XlHost()
    domains: list[Domain] = []
    notes: list[Note] = []
    next_id = first_id
    for file in deployment.guests:
        found = xl_domain(file, deployment, host, XlRules(release, coloring, nr_colors, has_dom0, fork), next_id)
        domains.append(found.domain)
        notes += found.notes
        if found.domain.failure is None:
            host = replace(host, names=host.names | {found.guest.name or ""})
        next_id += found.reaches_xen
    return domains, notes


class XlRules(Struct, frozen=True):
    """Properties of Xen that matter for guests of xl."""

    release: Release
    coloring: bool
    nr_colors: int | None
    has_dom0: bool = True
    fork: Fork | None = None


class RequestedGuest(Struct, frozen=True):
    """A requested guest with notes about it; `reaches_xen`: whether its creation uses up a domain ID."""

    guest: XlGuest
    domain: Domain
    notes: tuple[Note, ...]
    reaches_xen: bool


def xl_domain(file: XlFile, deployment: Deployment, host: XlHost, rules: XlRules, number: int) -> RequestedGuest:
    """One guest on a host with these guests and pools."""
    guest = xl_guest(file)
    fork = rules.fork
    if fork:
        choice = guest_choice(guest, fork)
    else:
        choice = _choice(guest, rules.release, rules.nr_colors) if rules.coloring else _uncolored(guest)
    stopped = Failure(FailureKind.XL_REJECTS, guest.rejected) if guest.rejected and not fork else None
    ended = Creation() if stopped else _creation(guest, deployment, host)
    failure = stopped or _first(ended, choice.failure)
    kept = ended.kept if failure is ended.failure else 0
    notes: list[Note] = []
    if not rules.has_dom0:
        notes.append(NoDom0ForXl(file.location, guest.title))
        failure, kept = failure or Failure(FailureKind.OTHER, "there is no dom0 to run xl"), 0
    domain = replace(
        _domain(guest, choice, number, failure), kept_pages=kept, trusted=tuple(_trusted(guest, deployment))
    )
    text = (*notes, *choice.notes, *ended.notes, *_notes(guest, rules.release, rules.coloring))
    reaches = guest.rejected is None and not (failure is ended.failure and ended.before_xen)
    return RequestedGuest(guest, domain, text, reaches)


def _first(ended: Creation, colors: Failure | None) -> Failure | None:
    """The first failure: xl's own refusals come before Xen sees the colors, failures with the memory after."""
    return ended.failure if ended.before_xen or colors is None else colors


def _creation(guest: XlGuest, deployment: Deployment, host: XlHost) -> Creation:
    sizes = dict(deployment.guest_files)
    kernel = _stated_size(guest, deployment) or sizes.get((guest.file.pieces, "kernel"))
    return creation(guest, host, kernel, sizes.get((guest.file.pieces, "ramdisk")))


def _stated_size(guest: XlGuest, deployment: Deployment) -> int | None:
    """`kernel-size` of its table in the manifest, in bytes."""
    return next((each.kernel_size for each in deployment.manifest.domain_policies if each.name == guest.title), None)


def _trusted(guest: XlGuest, deployment: Deployment) -> Iterator[str]:
    """Assumptions about files in dom0 that are not available here: xl finds them, and the guest's memory holds them."""
    for key in ("kernel", "ramdisk"):
        setting = guest.file.setting(key)
        if setting is None or not isinstance(setting.written, Passage) or not setting.written.text:
            continue
        if (guest.file.pieces, key) not in deployment.guest_files:
            known = key == "kernel" and _stated_size(guest, deployment)
            fits = "" if known else " and it fits into the guest's memory"
            yield f"xl finds the {key} of {guest.title} ({setting.written.text}) in dom0{fits}"


def _domain(guest: XlGuest, choice: ColorChoice, number: int, failure: Failure | None) -> Domain:
    asked = needs(guest)
    return Domain(
        number,
        guest.title,
        DomainKind.XL,
        choice.colors,
        choice.source,
        choice.location,
        guest.location("memory" if guest.maxmem is None else "maxmem"),
        asked.vcpus,
        pages=asked.populated * MIB_PAGES,
        p2m_pages=asked.pool,
        extra_pages=MAGIC_PAGES,
        failure=failure,
        pool_follows=asked.pool_follows,
        pieces=guest.file.pieces,
    )


def _uncolored(guest: XlGuest) -> ColorChoice:
    """The choice with coloring off: xl's list has no effect."""
    return ColorChoice((), ColorSource.DEFAULT, guest.location("llc_colors"))


def _choice(guest: XlGuest, release: Release, nr_colors: int | None) -> ColorChoice:
    place = guest.location("llc_colors")
    if not guest.llc_colors:
        colors = everything(nr_colors)
        default = DefaultColors(place, guest.title, colors, key="llc_colors")
        return ColorChoice(colors, ColorSource.DEFAULT, place, None, (default,))
    notes = list(repeated(guest.llc_colors, guest.title, place))
    if not nr_colors or not refused(guest.llc_colors, nr_colors):
        return ColorChoice(guest.llc_colors, ColorSource.GIVEN, place, None, tuple(notes))
    notes += out_of_range(guest.llc_colors, nr_colors, guest.title, place)
    if release.traits.refused_guest_crashes_host:
        notes.append(HostCrash(place, guest.title, colors=guest.llc_colors, release=release.title))
        failure = Failure(FailureKind.HOST_PANIC, HOST_CRASH)
    else:
        failure = Failure(FailureKind.DOMAIN_COLORS, "LLC colors allocation failed: Invalid argument")
    return ColorChoice(guest.llc_colors, ColorSource.GIVEN, place, failure, tuple(notes))


def _notes(guest: XlGuest, release: Release, coloring: bool) -> Iterator[Note]:
    if guest.rejected:
        yield GuestRejected(_place_of(guest, guest.rejected), guest.title, reason=guest.rejected)
        return
    if not coloring and guest.llc_colors:
        yield ColoringOffButColors(guest.location("llc_colors"), guest.title, owner=DomainKind.XL)
    for element in guest.elements:
        if element.dropped:
            yield ListMeansElse(
                element.dropped_location,
                guest.title,
                text=element.written.text,
                colors=tuple(range(element.first, min(element.last, element.first + 1024) + 1)),
                read=(element.first, element.last),
            )
    if coloring and not release.traits.toolstack_can_populate:
        yield ToolstackCannotPopulate(guest.file.location, guest.title, release=release.title)
    for key in ("pci", "dtdev", "iomem"):
        setting = guest.file.setting(key)
        if setting is not None and isinstance(setting.written, XlList) and setting.written.items:
            yield Passthrough(setting.value_location, guest.title, key, DomainKind.XL)


def _place_of(guest: XlGuest, reason: str) -> Location:
    """The value at which xl stops; the file where it does not accept the syntax."""
    if not guest.file.accepted:
        return guest.file.location
    return guest.location("iomem" if "iomem" in reason else "llc_colors")
