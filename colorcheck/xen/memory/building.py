"""Builds domains from the color heap: the frames that each takes, in Xen's order, and its failures.

Source: `construct_dom0`, `construct_domU`, `allocate_memory`, `p2m_set_allocation`, `p2m_alloc_page`,
`place_modules` (xen/arch/arm, from 4.21 xen/common/device-tree); libxl for guests. 4.20–4.22.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.units import GIB, PAGE
from colorcheck.xen.booted import Built
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory.color_heap import Allocation, ColorHeap
from colorcheck.xen.memory.dom0_banks import Dom0Layout
from colorcheck.xen.memory.frames import Frames
from colorcheck.xen.memory.p2m import tables
from colorcheck.xen.release.traits import Traits
from colorcheck.xen.system import Domain

GUEST_BANKS = ((1 * GIB, 3 * GIB), (8 * GIB, 1016 * GIB))  # start and size in guest addresses
_XENSTORE_PAGE = 0x39000000  # its address in the guest
NO_MEMORY = Failure(FailureKind.DOMAIN_MEMORY, "xc_dom_boot_mem_init failed: Cannot allocate memory")


class CreationAttempt(Struct, frozen=True):
    """The result of a domain's creation, and the heap afterwards. `panics`: Xen stops with the failure."""

    built: Built
    heap: ColorHeap
    panics: bool = False


def unallocated(size: int) -> Failure:
    """The panic of `allocate_memory`; `size` in bytes."""
    text = f"Failed to allocate requested domain memory. {size >> 10}KB unallocated. Fix the VMs configurations."
    return Failure(FailureKind.DOMAIN_MEMORY, text)


def _loading(banks: Sequence[Span], need: int) -> Failure | None:
    """Why kernel, ramdisk and device tree, `need` bytes, do not fit into the first bank.

    The kernel is at the bank's start; the other two come after it and must not touch it (`place_modules`), so an exact
    fit is not enough.
    """
    size = banks[0][1] - banks[0][0] if banks else 0
    if size < need:
        return Failure(FailureKind.DOMAIN_MEMORY, "Not enough memory in the first bank for the kernel+dtb+initrd")
    if size == need and need:
        return Failure(FailureKind.DOMAIN_MEMORY, "Unable to find suitable location for dtb+initrd")
    return None


class _Creation:
    """One domain being built."""

    def __init__(self, domain: Domain, heap: ColorHeap) -> None:
        self.domain = domain
        self.before = heap
        self.heap = heap
        self.taken: list[Allocation] = []
        self.banks: list[Span] = []

    def take(self, pages: int) -> bool:
        """Take frames of the domain's colors; False if there are too few, and then all are taken."""
        if not pages:
            return True
        allocation, self.heap = self.heap.take(self.domain.colors, pages)
        if allocation.count:
            self.taken.append(allocation)
        return allocation.missing == 0

    def ended(self, failure: Failure | None = None, *, p2m_pages: int | None = None) -> CreationAttempt:
        frames = Frames(tuple(self.taken))
        domain = self.domain if p2m_pages is None else replace(self.domain, p2m_pages=p2m_pages)
        built = Built(
            domain,
            failure is None,
            failure,
            tuple(frames.by_color().items()),
            domain.p2m_pages if failure is None else 0,
            self.before.free,
            self.heap.free,
            frames,
            tuple(self.banks),
        )
        return CreationAttempt(built, self.heap, panics=failure is not None)


def build_dom0(
    domain: Domain, heap: ColorHeap, layout: Dom0Layout, prepared: Preparation, traits: Traits
) -> CreationAttempt:
    """Build dom0: bank after bank, each page with its tables, then the tables for devices.

    A hardware domain of the device tree is built likewise, after a P2M pool that it does not use
    (`domain_p2m_set_allocation`, `p2m_alloc_page`).
    """
    creation = _Creation(domain, heap)
    if domain.failure:
        return creation.ended(domain.failure)
    pool = domain.unused_pool
    if not creation.take(pool):
        return creation.ended(Failure(FailureKind.DOMAIN_MEMORY, f"Could not set up domain {domain.name} (rc = -12)"))
    rest = layout.unplaced + sum(end - start for start, end in layout.banks)
    for (start, end), (pages, more) in zip(layout.banks, layout.bank_needs, strict=True):
        if not creation.take(pages + more) or (end - start) % PAGE:
            return creation.ended(unallocated(rest))
        creation.banks.append((start, end))
        rest -= end - start
    if rest:
        return creation.ended(unallocated(rest))
    if not creation.take(layout.device_tables):
        who = f"domain {domain.name}" if domain.hardware else f"{traits.dom0_named_in_setup} guest OS"
        return creation.ended(Failure(FailureKind.DOMAIN_MEMORY, f"Could not set up {who} (rc = -22)"))
    if not creation.take(domain.extra_pages):
        return creation.ended(Failure(FailureKind.DOMAIN_MEMORY, f"Could not set up domain {domain.name} (rc = -12)"))
    failure = _loading(layout.banks, prepared.first_bank(domain.name)) or domain.late_failure
    return creation.ended(failure, p2m_pages=pool + layout.tables)


def guest_banks(size: int) -> tuple[list[Span], int]:
    """The banks of a guest with `size` bytes of memory, in guest addresses, and the bytes that do not fit."""
    found, rest = [], size
    for start, most in GUEST_BANKS:
        part = min(most, rest)
        if part:
            found.append((start, start + part))
        rest -= part
    return found, rest


def guest_mappings(domain: Domain) -> list[Mapping]:
    """The memory of a guest as its P2M maps it."""
    return [Mapping(start // PAGE, (end - start) // PAGE) for start, end in guest_banks(domain.pages * PAGE)[0]]


def build_dom0less(domain: Domain, heap: ColorHeap, prepared: Preparation) -> CreationAttempt:
    """Build a dom0less domain: first its P2M pool, then its memory, whose tables come from the pool."""
    creation = _Creation(domain, heap)
    if domain.failure:
        return creation.ended(domain.failure)
    no_memory = Failure(FailureKind.DOMAIN_MEMORY, f"Could not set up domain {domain.name} (rc = -12)")
    if not creation.take(domain.p2m_pages):
        return creation.ended(no_memory)
    banks, rest = guest_banks(domain.pages * PAGE)
    rest += sum(end - start for start, end in banks)
    mapped: list[Mapping] = []
    for start, end in banks:
        mapped.append(Mapping(start // PAGE, (end - start) // PAGE))
        if tables(mapped, prepared.p2m_levels) > domain.p2m_pages or not creation.take((end - start) // PAGE):
            return creation.ended(unallocated(rest))
        creation.banks.append((start, end))
        rest -= end - start
    if rest:
        return creation.ended(unallocated(rest))
    if domain.extra_pages:
        mapped.append(Mapping(_XENSTORE_PAGE // PAGE, 1))
        if not creation.take(domain.extra_pages) or tables(mapped, prepared.p2m_levels) > domain.p2m_pages:
            return creation.ended(no_memory)
    failure = _loading(banks, prepared.first_bank(domain.name)) or domain.late_failure
    if not failure and domain.mapped and tables([*mapped, *domain.mapped], prepared.p2m_levels) > domain.p2m_pages:
        failure = Failure(FailureKind.OTHER, f"Could not set up domain {domain.name} (rc = -22)")
    return creation.ended(failure)


def build_guest(domain: Domain, heap: ColorHeap, prepared: Preparation, traits: Traits) -> CreationAttempt:
    """Build a guest of xl:

    P2M pool, memory and magic pages. A failure does not stop Xen, and the frames taken are lost.
    """
    creation = _Creation(domain, heap)
    plan = guest_plan(domain, prepared, traits)
    served = creation.take(plan.pages)
    if plan.failure is None:
        creation.banks += guest_banks(domain.pages * PAGE)[0]
    failure = plan.failure if plan.failure and (served or not plan.pages) else None if served else NO_MEMORY
    return replace(creation.ended(failure), panics=failure is not None and failure.kind is FailureKind.HOST_PANIC)


class GuestPlan(Struct, frozen=True):
    """The single frames of its colors that the creation of a guest takes, and its result if it gets them."""

    pages: int
    failure: Failure | None = None


def guest_plan(domain: Domain, prepared: Preparation, traits: Traits) -> GuestPlan:
    """The creation of a guest on a host with enough frames."""
    if domain.failure:
        return GuestPlan(domain.kept_pages, domain.failure)
    fits = tables(guest_mappings(domain), prepared.p2m_levels) <= domain.p2m_pages
    if not traits.toolstack_can_populate:
        return GuestPlan(domain.p2m_pages, NO_MEMORY)
    if guest_banks(domain.pages * PAGE)[1]:
        return GuestPlan(domain.p2m_pages, NO_MEMORY)
    if not fits:
        return GuestPlan(domain.p2m_pages + domain.pages, NO_MEMORY)
    return GuestPlan(domain.needed_pages)
