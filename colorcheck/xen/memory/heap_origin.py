"""How memory came to the heaps."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.memory.boot_regions import TakenPages
from colorcheck.xen.memory.heaps import Heaps
from colorcheck.xen.memory.pdx import Compression


class HeapOrigin(Struct, frozen=True):
    """In frames: the initial free regions, what was taken from them, in order, and the heaps formed from the rest."""

    regions: tuple[Span, ...]
    taken: tuple[TakenPages, ...]
    heaps: Heaps
    compression: Compression
