"""The layout of dom0's memory: guest addresses of its banks, and its P2M tables.

With coloring, dom0 has the host's layout of guest frames, but arbitrary machine frames.

Source: `allocate_memory`, `find_unallocated_memory`, `add_hwdom_free_regions`, `find_gnttab_region`,
`allocate_hwdom_memory` (4.22), `place_modules` (xen/arch/arm, from 4.21 xen/common/device-tree).
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.units import MIB, PAGE
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.machine.machine import BootModule, Machine
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.memory.p2m import tables
from colorcheck.xen.release.traits import BankOrder, Traits

GRANT_FRAMES = 64
_BLOCK = 2 * MIB


def round_up(size: int) -> int:
    """Round up to a multiple of 2 MiB."""
    return -(-size // _BLOCK) * _BLOCK


def first_bank_need(kernel: BootModule | None, ramdisk: BootModule | None) -> int:
    """Bytes that the first bank must hold: kernel, ramdisk and device tree, 2 MiB rounded (`place_modules`).

    The domain's own device tree is assumed to fit into 2 MiB, and the kernel to be as large as its module.
    """
    return round_up(kernel.size if kernel else 1) + _BLOCK + round_up(ramdisk.size if ramdisk else 0)


def free_pieces(machine: Machine, text_frame: int, traits: Traits) -> list[Span]:
    """The pieces of guest address space for dom0's banks, in bytes, in the order in which they are filled: host memory
    without the reserved ranges and dom0's grant table, which is at the first frames of Xen's text (`text_frame`). Each
    piece is reduced to a multiple of 2 MiB.
    """
    holes = [(held.start // PAGE, -(-held.end // PAGE)) for held in machine.reserved if held.size]
    blocked = merged([*holes, (text_frame, text_frame + GRANT_FRAMES)])
    memory = merged((start // PAGE, -(-end // PAGE)) for start, end in machine.spans)
    pieces = []
    for bank in memory:
        for low, high in without(bank, blocked):
            start = round_up(low * PAGE)
            end = (high - 1 if traits.dom0_end_short_by_a_page else high) * PAGE
            if start <= end:
                pieces.append((start, start + max(0, end - start) // _BLOCK * _BLOCK))
    if traits.dom0_bank_order is BankOrder.SIZE:
        pieces.sort(key=lambda piece: piece[0] - piece[1])
    return pieces


def banks(pieces: list[Span], memory: int, traits: Traits, need: int) -> tuple[list[Span], int]:
    """dom0's banks for `memory` bytes, and the bytes that did not fit.

    If a release has a minimum for the first bank, a piece is unsuitable if it would hold less than that and less than
    the memory, or at most `need` bytes.
    """
    found: list[Span] = []
    rest = memory
    minimum = traits.first_bank_minimum
    least = max(min(memory, minimum), need + 1) if minimum else 0
    for start, end in pieces:
        if rest <= 0:
            break
        size = min(end - start, rest)
        if not found and size < least:
            continue
        if size:
            found.append((start, start + size))
            rest -= size
    return found, rest


class Dom0Layout(Struct, frozen=True):
    """dom0's banks in the order in which they are filled, in bytes of guest address, and its needs in frames.

    `unplaced` bytes of its memory are in no bank. `bank_needs` has the pages and additional tables of each bank;
    `device_tables` the tables for devices.
    """

    banks: tuple[Span, ...]
    unplaced: int
    bank_needs: tuple[tuple[int, int], ...]
    device_tables: int

    @property
    def pages(self) -> int:
        return sum(pages for pages, _ in self.bank_needs)

    @property
    def tables(self) -> int:
        return sum(more for _, more in self.bank_needs) + self.device_tables


def layout(found: list[Span], unplaced: int, devices: list[Mapping], p2m_levels: int) -> Dom0Layout:
    """dom0's needs for these banks, shared memory and devices. Banks are mapped first, page by page."""
    mapped: list[Mapping] = []
    needs = []
    before = 0
    for start, end in found:
        pages = -(-(end - start) // PAGE)
        mapped.append(Mapping(start // PAGE, pages))
        after = tables(mapped, p2m_levels)
        needs.append((pages, after - before))
        before = after
    device_tables = max(0, tables([*mapped, *devices], p2m_levels) - before)
    return Dom0Layout(tuple(found), unplaced, tuple(needs), device_tables)
