"""The boot of a system, exact to the page: Xen's region, its heaps, then every domain in the order of creation.

It uses ranges and arithmetic: the cost grows with regions, colors and domains, not with pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.units import PAGE, PAGE_SHIFT
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.facts.keys import MEMORY
from colorcheck.xen.facts.met import buddy_heap
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory import heaps as heaps_of_boot
from colorcheck.xen.memory import relocation
from colorcheck.xen.memory.boot_notes import after_layout
from colorcheck.xen.memory.boot_regions import BootAllocator, OutOfBootMemoryError, consume, free_regions
from colorcheck.xen.memory.buddy_use import BuddyHeap, Use, by_domain, by_xen
from colorcheck.xen.memory.building import CreationAttempt, build_dom0, build_dom0less, build_guest
from colorcheck.xen.memory.color_heap import ColorHeap
from colorcheck.xen.memory.dom0_banks import Dom0Layout
from colorcheck.xen.memory.heap_origin import HeapOrigin
from colorcheck.xen.memory.layout import dom0_layout, xen_region
from colorcheck.xen.memory.memory_map import memory_map
from colorcheck.xen.memory.pdx import GROUP, Compression, compression, valid_groups
from colorcheck.xen.notes.boot import FailedCreationKeepsMemory
from colorcheck.xen.release.traits import FrameTableRounding, Traits
from colorcheck.xen.system import Domain, System

DEVICE_TREE_MARGIN = 8  # pages; an estimate: 17 were too few for a tree of 9, a few dozen more were enough


def boot(system: System) -> Boot | None:
    """The boot; None if it cannot be modelled: for a fork, or if colors or memory are not known.

    Everything that it depends on is in the system and its `preparation`, so that a changed system (other colors,
    memory, reserve, modules) can be booted without the files. With coloring off, no heap is modelled, only failures.
    """
    prepared = system.preparation
    if prepared is None or not system.release.modelled:
        return None
    if system.panic:
        return _stopped(system, system.panic)
    if not system.coloring:
        return _uncolored(system, prepared.machine)
    if system.nr_colors is None or not (prepared.machine.banks or prepared.machine.final):
        return None
    return _Run(system, prepared, system.nr_colors).boot()


def _stopped(system: System, panic: Failure | None, notes: tuple[Note, ...] = (), built: Sequence[Built] = ()) -> Boot:
    """A boot without heaps."""
    return Boot(system, panic, None, (), (), 0, 0, (), tuple(built), notes)


def _uncolored(system: System, machine: Machine) -> Boot:
    """Coloring is off: no heap of colors. Domains are taken to be built unless Xen refuses them, or memory has not even
    as many frames as they ask for."""
    built: list[Built] = []
    early = system.iommu_panic or system.pool_panic
    if early is not None:
        return _stopped(system, early)
    known = machine.banks and MEMORY.name not in system.unknown
    free = sum(end - start for start, end in machine.spans) // PAGE if known else None
    for domain in system.domains:
        failure = domain.failure or _beyond_memory(domain, free) or domain.late_failure
        free = None if free is None else free - domain.pages
        built.append(Built(domain, failure is None, failure, (), domain.p2m_pages, (), ()))
        if failure and domain.kind is not DomainKind.XL:
            return _stopped(system, failure, (), built)
    if system.end_panic:
        return _stopped(system, system.end_panic, (), built)
    return _stopped(system, None, (), built)


def _beyond_memory(domain: Domain, free: int | None) -> Failure | None:
    """The panic where a domain of Xen's own asks for more frames than memory has left (`allocate_memory_11`,
    `allocate_memory`). How many are not allocated is not known while no heap is modelled."""
    if free is None or domain.pages <= free or domain.kind is DomainKind.XL:
        return None
    return Failure(FailureKind.DOMAIN_MEMORY, f"Failed to allocate requested {_NAMED[domain.kind]} memory")


_NAMED = {DomainKind.DOM0: "dom0", DomainKind.DOM0LESS: "domain"}


class _Run(Struct):
    """One boot."""

    system: System
    prepared: Preparation
    nr_colors: int
    notes: list[Note] = field(default_factory=list)
    built: list[Built] = field(default_factory=list)
    buddy: BuddyHeap = field(default_factory=BuddyHeap)

    @property
    def machine(self) -> Machine:
        return self.prepared.machine

    def boot(self) -> Boot:
        region = xen_region(self.system)
        if region is None:
            return _stopped(self.system, Failure(FailureKind.RELOCATION, "Not enough memory to relocate Xen"))
        heap_origin, panic = self._heap_origin(region)
        if heap_origin is None:
            return replace(_stopped(self.system, panic), xen_region=region)
        heaps = heap_origin.heaps
        spans = sorted((heaps.lowest, *heaps.reserve))
        self.buddy = BuddyHeap(spans, place=self.prepared.buddy_location, chosen=dict(self.prepared.chosen))
        heap = ColorHeap.at_boot(self.nr_colors, heap_origin.heaps.color)
        layout = dom0_layout(self.system)
        self.notes += after_layout(self.system, self.prepared, layout)
        panic = panic or self._too_small_buddy(heap_origin.heaps.buddy_pages)
        panic = panic or self.system.iommu_panic or self.system.pool_panic
        final, panic = (heap, panic) if panic else self._domains(heap, layout)
        return Boot(
            self.system,
            panic,
            region,
            heap.free,
            final.free,
            heap_origin.heaps.reserved_pages,
            heap_origin.heaps.buddy_pages,
            memory_map(self.machine, region, heap_origin.taken, heap_origin.heaps),
            tuple(self.built),
            (*self.notes, *self.buddy.notes),
            heap_origin,
            final,
            relocation.image_frames(region[0], self.machine.image_size, self.nr_colors, self.system.xen_colors),
            layout,
            tuple(self.buddy.met.values()),
        )

    def _heap_origin(self, region: Span) -> tuple[HeapOrigin | None, Failure | None]:
        regions = free_regions(self.machine, region)
        try:
            allocator = BootAllocator(regions)
            compressed = consume(allocator, self.machine, self.system.release.traits)
        except OutOfBootMemoryError as error:
            text = f"Xen BUG at common/page_alloc.c: no memory for the boot allocator ({error})"
            return None, Failure(FailureKind.OTHER, text)
        heaps = heaps_of_boot.split(allocator.regions, self.prepared.buddy_size)
        return HeapOrigin(tuple(regions), tuple(allocator.taken), heaps, compressed), None

    def _domains(self, heap: ColorHeap, layout: Dom0Layout | None) -> tuple[ColorHeap, Failure | None]:
        """Build all domains in turn; the panic is Xen's own, not one that a guest of xl causes later."""
        own = [domain for domain in self.system.domains if domain.kind is not DomainKind.XL]
        buddy = self.buddy
        tree = self.machine.module(ModuleKind.DEVICE_TREE)
        buddy.used = _used_by_xen(self.prepared, own, tree.size if tree else 1)
        for domain in own:
            attempt = self._attempt(domain, heap, layout)
            exhausted = None if attempt.panics else buddy.takes(domain)
            if exhausted is not None:
                attempt = replace(attempt, panics=True, built=replace(attempt.built, created=False, failure=exhausted))
            self.built.append(attempt.built)
            heap = attempt.heap
            if attempt.panics:
                return heap, attempt.built.failure
        panic = self.system.end_panic or _module_crash(self.machine, self.system.release.traits)
        if panic is not None:
            return heap, panic
        if not self.machine.static_heap:
            buddy.freed = sum(-(-module.size // PAGE) for module in self.machine.modules if module.kind != "xen")
        return self._guests(heap), None

    def _too_small_buddy(self, pages: int) -> Failure | None:
        """The failure if Xen's own heap is nearly empty; if the device tree may just fit, the outcome is not known."""
        tree = self.machine.module(ModuleKind.DEVICE_TREE)
        size = tree.size if tree else 1
        if pages == 0:
            return Failure(FailureKind.BUDDY_TOO_SMALL, "Can't allocate colored heap. Buddy reserved size is too low")
        if pages == 1:
            return Failure(FailureKind.BUDDY_TOO_SMALL, "Xen BUG at common/xmalloc_tlsf.c:569")
        if pages >= smallest_buddy(size):
            return None
        message = f"the uncolored heap has {pages} frames, about as many as Xen needs to copy its device tree"
        fits = pages > _copy(size) + 1 and self.buddy.decided(buddy_heap(message, self.prepared.buddy_location))
        text = "Unable to allocate memory for relocating the Device-Tree."
        return None if fits else Failure(FailureKind.BUDDY_TOO_SMALL, text)

    def _attempt(self, domain: Domain, heap: ColorHeap, layout: Dom0Layout | None) -> CreationAttempt:
        if (domain.kind is DomainKind.DOM0 or domain.hardware) and layout is not None:
            return build_dom0(domain, heap, layout, self.prepared, self.system.release.traits)
        return build_dom0less(domain, heap, self.prepared)

    def _guests(self, heap: ColorHeap) -> ColorHeap:
        crashed: Domain | None = None
        for domain in self.system.domains:
            if domain.kind is not DomainKind.XL:
                continue
            if crashed is not None:
                down = Failure(FailureKind.HOST_PANIC, f"Xen crashed when {crashed.name} was created")
                self.built.append(Built(domain, False, down, (), 0, heap.free, heap.free))
                continue
            attempt = build_guest(domain, heap, self.prepared, self.system.release.traits)
            exhausted = self.buddy.takes(domain) if attempt.built.created else None
            if exhausted is not None:
                attempt = replace(attempt, built=replace(attempt.built, created=False, failure=exhausted))
            self.built.append(attempt.built)
            heap = attempt.heap
            if attempt.panics:
                crashed = domain
            elif attempt.built.failure is not None and attempt.built.frames:
                self.notes.append(_kept(attempt.built))
        return heap


def _kept(built: Built) -> Note:
    pages = built.frames.count
    return FailedCreationKeepsMemory(built.domain.memory_location, built.domain.name, pages=pages)


def _used_by_xen(prepared: Preparation, own: Sequence[Domain], tree_size: int) -> Use:
    vcpus = max((domain.vcpus for domain in own if domain.kind is DomainKind.DOM0), default=0)
    return by_xen(prepared.cpus, vcpus, -(-tree_size // PAGE), prepared.more_buddy)


def most_used(system: System, tree_size: int) -> int:
    """The most frames of the uncolored heap that Xen and all domains of a system take, including shared memory;
    `tree_size` is the size of the device tree in bytes.
    """
    if system.preparation is None:
        return 0
    used = _used_by_xen(system.preparation, system.domains, tree_size)
    shares = {label: pages for domain in system.domains for label, pages in domain.buddy_shares}
    return used.most + sum(by_domain(domain).most for domain in system.domains) + sum(shares.values())


def smallest_buddy(tree_size: int) -> int:
    """Pages of the buddy heap that Xen needs to copy a device tree of that many bytes; an estimate, never too low."""
    return _copy(tree_size) + DEVICE_TREE_MARGIN


def _copy(tree_size: int) -> int:
    """Pages of the copy of a device tree of that many bytes: a power of two."""
    return 1 << (-(-tree_size // PAGE) - 1).bit_length()


def _module_crash(machine: Machine, traits: Traits) -> Failure | None:
    """The crash over a module outside of memory: it is freed after boot like any other, and the idle scrubber accesses
    unmapped addresses. `discard_initial_modules` skips frames without a frame table entry (`mfn_valid`): below its
    first frame, above all memory, or with bits that compression omits. With a static heap it frees nothing.
    """
    if machine.static_heap:
        return None
    compressed = compression(machine.spans) if machine.compresses else Compression()
    groups = valid_groups(machine.spans, compressed)
    memory = merged((start >> PAGE_SHIFT, end >> PAGE_SHIFT) for start, end in machine.spans)
    last, base = memory[-1][1], compressed.pdx(memory[0][0])
    if traits.frame_table_rounding is FrameTableRounding.PAGES:
        base -= base % GROUP
    reserved = merged(held.span for held in (*machine.reserved, *machine.shared))
    for module in machine.modules:
        start = module.start >> PAGE_SHIFT
        end = start + -(-module.size // PAGE)
        if module.kind is ModuleKind.XEN or not module.size or end >= last or compressed.pdx(start) < base:
            continue
        if compressed.leaves_out(start) or compressed.leaves_out(end):
            continue
        known = all(any(low <= compressed.pdx(mfn) // GROUP < high for low, high in groups) for mfn in (start, end))
        freed = [(-(-low // PAGE), high // PAGE) for low, high in without((start * PAGE, end * PAGE), reserved)]
        if known and any(without(span, memory) for span in freed if span[0] < span[1]):
            return Failure(FailureKind.OTHER, "CPU0: Unexpected Trap: Data Abort")
    return None
