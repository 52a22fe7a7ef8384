"""How memory came to the heaps."""

from __future__ import annotations

from colorcheck.core.value import dataclass
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.memory.boot_regions import TakenPages
from colorcheck.xen.memory.heaps import Heaps
from colorcheck.xen.memory.pdx import Compression


@dataclass(frozen=True, slots=True)
class HeapOrigin:
    """In frames: the free regions at first, what was taken from them, in order, and the heaps made of the rest."""

    regions: tuple[Span, ...]
    taken: tuple[TakenPages, ...]
    heaps: Heaps
    compression: Compression
