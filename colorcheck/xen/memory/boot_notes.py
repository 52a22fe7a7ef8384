"""Notes on a boot before any domain gets memory: dom0's layout."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.units import GIB, PAGE
from colorcheck.xen.kinds import DomainKind, Note
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory import dom0_banks
from colorcheck.xen.memory.building import guest_mappings
from colorcheck.xen.memory.dom0_banks import Dom0Layout
from colorcheck.xen.memory.p2m import tables
from colorcheck.xen.notes.boot import (
    Dom0FirstBankHigh,
    Dom0FirstBankSmall,
    Dom0MemoryUnplaced,
    Dom0NoLowMemory,
    NoFirstBank,
    P2mPoolTooSmall,
)
from colorcheck.xen.release.traits import BankOrder
from colorcheck.xen.system import Domain, System

_4_GIB = 4 * GIB


def after_layout(system: System, prepared: Preparation, layout: Dom0Layout | None) -> Iterator[Note]:
    """Notes on dom0's banks, and on P2M pools that cannot hold the tables of their domains."""
    for domain in system.domains:
        if domain.kind is DomainKind.DOM0 and layout is not None and domain.failure is None:
            yield from _dom0(system, prepared, domain, layout)
        elif domain.kind is not DomainKind.DOM0 and domain.failure is None:
            yield from _pool(domain, prepared)


def _dom0(system: System, prepared: Preparation, domain: Domain, layout: Dom0Layout) -> Iterator[Note]:
    place, need = domain.memory_location, prepared.first_bank(domain.name)
    if layout.banks and min(start for start, _ in layout.banks) >= _4_GIB:
        yield Dom0NoLowMemory(place, domain.name, banks=layout.banks)
    elif layout.banks and layout.banks[0][0] >= _4_GIB:
        yield Dom0FirstBankHigh(place, domain.name, banks=layout.banks)
    first = layout.banks[0][1] - layout.banks[0][0] if layout.banks else 0
    if layout.banks and first < need:
        yield Dom0FirstBankSmall(place, domain.name, size=first, needed=need)
    if not layout.unplaced:
        return
    before = _unplaced_before(system, prepared, domain)
    if not layout.banks and not before:
        least = max(min(domain.pages * PAGE, system.release.traits.first_bank_minimum), need)
        yield NoFirstBank(place, domain.name, needed=least, release=system.release.title)
    else:
        yield Dom0MemoryUnplaced(place, domain.name, unplaced=layout.unplaced)


def _unplaced_before(system: System, prepared: Preparation, domain: Domain) -> int:
    """Bytes of dom0's memory that a release without a minimum for the first bank would not place."""
    if not system.release.traits.first_bank_minimum:
        return 1
    lenient = replace(system.release.traits, first_bank_minimum=0, dom0_bank_order=BankOrder.SIZE)
    pieces = dom0_banks.free_pieces(prepared.machine, 0, lenient)
    return dom0_banks.banks(pieces, domain.pages * PAGE, lenient, 0)[1]


def _pool(domain: Domain, prepared: Preparation) -> Iterator[Note]:
    needed = tables(guest_mappings(domain), prepared.p2m_levels)
    if needed > domain.p2m_pages:
        yield P2mPoolTooSmall(domain.memory_location, domain.name, pool=domain.p2m_pages, needed=needed)
