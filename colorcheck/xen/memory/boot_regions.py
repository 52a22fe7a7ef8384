"""The boot allocator: the free regions at the start, and everything that takes pages from them.

Source: `populate_boot_allocator`, `next_module`, `dt_unreserved_regions`, `alloc_boot_pages`, `setup_mm`,
`setup_frametable_mappings` (4.20, 4.21), `init_frametable` (4.22), `vm_init`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import MIB, PAGE, PAGE_SHIFT
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.memory.page_tables import PageTables
from colorcheck.xen.memory.pdx import GROUP, Compression, compression, valid_groups
from colorcheck.xen.release.traits import FrameTableRounding, Traits

PAGE_INFO = 56  # sizeof(struct page_info) on Arm64


_MOST_REGIONS = 256  # as many as fit into one page (`bootmem_region_add`)


class OutOfBootMemoryError(Exception):
    """No region is large enough for a request before the heaps exist, or there are too many regions:

    Xen stops with a BUG in alloc_boot_pages or bootmem_region_add.
    """


class TakenPages(Struct, frozen=True):
    """Pages taken from the boot allocator, in frames, and for what."""

    start: int
    end: int
    purpose: str


class BootAllocator:
    """Free regions in frames, ascending, never merged. Too many raise OutOfBootMemoryError, here and later."""

    def __init__(self, regions: Sequence[Span]) -> None:
        self.regions: list[Span] = list(regions)
        self.taken: list[TakenPages] = []
        self._counted()

    def _counted(self) -> None:
        if len(self.regions) > _MOST_REGIONS:
            raise OutOfBootMemoryError(f"more than {_MOST_REGIONS} free regions")

    def take(self, pages: int, align: int, purpose: str) -> int:
        """Take `pages` frames from the highest region that has them and return the first; `align` is a power of two.

        The rest above becomes a separate region, from which later requests are served first.
        """
        for index in range(len(self.regions) - 1, -1, -1):
            start, end = self.regions[index]
            first = (end - pages) & ~(align - 1)
            if start <= first < end:
                rest = [(start, first), (first + pages, end)]
                self.regions[index : index + 1] = [span for span in rest if span[0] < span[1]]
                self.taken.append(TakenPages(first, first + pages, purpose))
                self._counted()
                return first
        raise OutOfBootMemoryError(purpose)

    def take_single(self, count: int, purpose: str) -> None:
        """`count` requests of one page each."""
        while count > 0:
            if not self.regions:
                raise OutOfBootMemoryError(purpose)
            start, end = self.regions[-1]
            part = min(count, end - start)
            self.taken.append(TakenPages(end - part, end, purpose))
            self.regions[-1:] = [(start, end - part)] if end - part > start else []
            count -= part


def free_regions(machine: Machine, xen_region: Span) -> list[Span]:
    """The regions that `populate_boot_allocator` adds, in frames, ascending: memory that no module and no reserved
    range occupies, each piece cut to whole pages. With a static heap, only its ranges."""
    if machine.static_heap:
        return _whole_pages([held.span for held in machine.static_heap])
    modules = [m.span for m in machine.modules if m.kind != "xen" and m.size] + [xen_region]
    reserved = merged(held.span for held in (*machine.reserved, *machine.shared))
    found: list[Span] = []
    for bank in machine.spans:
        for gap in _between_modules(bank, modules):
            found += without(gap, reserved)
    return _whole_pages(found)


def _between_modules(bank: Span, modules: Sequence[Span]) -> list[Span]:
    """The stretches of a bank between modules. A module that begins below the bank is not seen (`next_module`)."""
    found: list[Span] = []
    start = bank[0]
    for low, high in sorted(modules):
        if low < start or low >= bank[1]:
            continue
        if low > start:
            found.append((start, low))
        start = min(high, bank[1])
    if start < bank[1]:
        found.append((start, bank[1]))
    return found


def _whole_pages(spans: Sequence[Span]) -> list[Span]:
    pages = [(-(-start // PAGE), end // PAGE) for start, end in spans]
    return sorted(span for span in pages if span[0] < span[1])


def consume(allocator: BootAllocator, machine: Machine, traits: Traits) -> Compression:
    """Take everything that `setup_mm` and `vm_init` take, in order. Raises OutOfBootMemoryError."""
    banks = machine.spans
    compressed = compression(banks) if machine.compresses else Compression()
    _direct_map(allocator, banks, compressed)
    if traits.frame_table_rounding is FrameTableRounding.BLOCKS:
        _frame_table_whole(allocator, banks, compressed)
    else:
        _frame_table_chunks(allocator, banks, compressed)
    allocator.take_single(3, "VMAP: bitmap and page tables")
    return compressed


def _direct_map(allocator: BootAllocator, banks: Sequence[Span], compressed: Compression) -> None:
    """Page tables of the direct map. Its virtual start keeps the place of the first bank within its GiB."""
    tables = PageTables(needs_top=True)
    first = banks[0][0] >> PAGE_SHIFT
    shift = first % GROUP - compressed.pdx(first)
    for start, end in banks:
        mfn = start >> PAGE_SHIFT
        pages = tables.map(compressed.pdx(mfn) + shift, mfn, (end - start) >> PAGE_SHIFT)
        allocator.take_single(pages, "direct map: page tables")


def _frame_table_whole(allocator: BootAllocator, banks: Sequence[Span], compressed: Compression) -> None:
    """One table for the whole span of memory, rounded up to 2 MiB, or 32 MiB from there on."""
    first, last = banks[0][0] >> PAGE_SHIFT, (max(end for _, end in banks) >> PAGE_SHIFT) - 1
    size = (compressed.pdx(last) - compressed.pdx(first) + 1) * PAGE_INFO
    unit = 2 * MIB if size < 32 * MIB else 32 * MIB
    pages = -(-size // unit) * unit // PAGE
    base = allocator.take(pages, 32 * MIB // PAGE, "frame table")
    tables = PageTables(needs_top=False)
    allocator.take_single(tables.map(0, base, pages), "frame table: page tables")


def _frame_table_chunks(allocator: BootAllocator, banks: Sequence[Span], compressed: Compression) -> None:
    """One chunk for each run of groups of 1 GiB that hold memory, rounded up to a page."""
    tables = PageTables(needs_top=False)
    base = compressed.pdx(banks[0][0] >> PAGE_SHIFT) // GROUP * GROUP
    max_pdx = compressed.pdx((max(end for _, end in banks) >> PAGE_SHIFT) - 1) + 1
    groups = [span for span in valid_groups(banks, compressed) if span[1] > base // GROUP]
    for index, (low, high) in enumerate(groups):
        start = max(low * GROUP, base)
        end = max_pdx if index + 1 == len(groups) else high * GROUP
        pages = -(-(end - start) * PAGE_INFO // PAGE)
        unit = 32 * MIB if pages * PAGE >= 32 * MIB else 2 * MIB
        mfn = allocator.take(pages, unit // PAGE, "frame table")
        virtual = (start - base) * PAGE_INFO // PAGE
        allocator.take_single(tables.map(virtual, mfn, pages), "frame table: page tables")
