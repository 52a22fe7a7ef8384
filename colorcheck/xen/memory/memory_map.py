"""The memory map after boot, in frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from colorcheck.core.units import PAGE
from colorcheck.xen.booted import Interval
from colorcheck.xen.kinds import MapUse
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.memory.boot_regions import TakenPages
from colorcheck.xen.memory.heaps import Heaps


def memory_map(machine: Machine, xen_region: Span, taken: Sequence[TakenPages], heaps: Heaps) -> tuple[Interval, ...]:
    """The memory map, ascending. `xen_region` is in bytes. Unused memory (parts of pages) is `lost`."""
    known = sorted(_parts(machine, xen_region, taken, heaps), key=lambda part: (part.start, part.end))
    occupied = merged((part.start, part.end) for part in known)
    for start, end in machine.spans:
        for low, high in without((start // PAGE, -(-end // PAGE)), occupied):
            known.append(Interval(low, high, MapUse.LOST))
    return tuple(sorted(known, key=lambda part: (part.start, part.end)))


def _parts(machine: Machine, xen_region: Span, taken: Sequence[TakenPages], heaps: Heaps) -> Iterator[Interval]:
    yield Interval(xen_region[0] // PAGE, xen_region[1] // PAGE, MapUse.XEN, "Xen")
    for module in machine.modules:
        if module.kind != "xen" and module.size:
            yield Interval(module.start // PAGE, -(-module.end // PAGE), MapUse.MODULE, module.label)
    for held in (*machine.reserved, *machine.shared):
        if held not in machine.static_heap:
            yield Interval(held.start // PAGE, -(-held.end // PAGE), MapUse.RESERVED, held.label)
    for part in taken:
        yield Interval(part.start, part.end, MapUse.BOOT_ALLOCATION, part.purpose)
    yield Interval(*heaps.lowest, MapUse.BUDDY, "lowest region")
    for start, end in heaps.reserve:
        yield Interval(start, end, MapUse.BUDDY, "buddy-alloc-size")
    for start, end in heaps.color:
        yield Interval(start, end, MapUse.COLOR_HEAP)
