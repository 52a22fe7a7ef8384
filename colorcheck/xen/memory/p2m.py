"""The P2M, Xen's page tables of a domain (stage 2): which tables a mapping needs, by arithmetic.

Source: `setup_virt_paging`, `p2m_set_entry`, `__p2m_set_entry` (xen/arch/arm/p2m.c, mmu/p2m.c, 4.20–4.22),
`domain_p2m_pages` (dom0less), `libxl__get_required_paging_memory` (xl).
"""

from __future__ import annotations

from collections.abc import Iterable

from colorcheck.core.units import KIB, MIB_PAGES
from colorcheck.xen.machine.intervals import Span, merged, total, windows, without
from colorcheck.xen.machine.mapping import SECOND, THIRD, Mapping

FIRST = 1 << 27
_LEVELS = {32: 3, 36: 3, 40: 3, 42: 3, 44: 4, 48: 4, 52: 4}
_REACH = {32: 39, 36: 39, 40: 40, 42: 42, 44: 48, 48: 48, 52: 52}


def levels(pa_bits: int) -> int:
    """Levels of a P2M on a CPU with this many physical address bits; the root is never taken from a domain's colors."""
    fitting = [known for known in _LEVELS if known <= pa_bits]
    return _LEVELS[max(fitting)] if fitting else 3


def reach(pa_bits: int) -> int:
    """The width in bits of the guest addresses that the root of a P2M covers (`p2m_get_root_pointer`)."""
    fitting = [known for known in _REACH if known <= pa_bits]
    return _REACH[max(fitting)] if fitting else min(_REACH.values())


def tables(mappings: Iterable[Mapping], p2m_levels: int) -> int:
    """The number of tables below the root after the mappings, made in this order.

    A block replaces an existing table, which is freed (`p2m_free_entry`).
    """
    thirds: list[Span] = []
    seconds: list[Span] = []
    firsts: list[Span] = []
    for mapping in mappings:
        single, second, first = mapping.parts()
        thirds = _replaced(thirds, [*second, *first], THIRD) + windows(single, THIRD)
        seconds = _replaced(seconds, first, SECOND) + windows([*single, *second], SECOND)
        firsts += windows([*single, *second, *first], FIRST)
    return total(thirds) + total(seconds) + (total(firsts) if p2m_levels == 4 else 0)


def _replaced(tables: list[Span], blocks: list[Span], size: int) -> list[Span]:
    """The tables (numbers of windows of `size` pages) that are left after blocks have replaced some."""
    over = merged((low // size, high // size) for low, high in blocks)
    return [left for table in tables for left in without(table, over)] if over else tables


def dom0less_pool(memory_kib: int, vcpus: int) -> int:
    """Frames of a dom0less domain's P2M pool, without `xen,domain-p2m-mem-mb`; whole MiB."""
    kib = 4 * (256 * vcpus + memory_kib // KIB + 128)
    return -(-kib // KIB) * MIB_PAGES


def xl_pool(maxmem_mib: int, maxvcpus: int) -> int:
    """Frames of the P2M pool of a domain that xl creates, without `shadow_memory`; not rounded."""
    return 256 * maxvcpus + maxmem_mib + 128
