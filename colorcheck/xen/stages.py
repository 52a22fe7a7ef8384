"""How memory came to the heaps."""

from __future__ import annotations

from colorcheck.value import dataclass
from colorcheck.xen.boot_regions import Taken
from colorcheck.xen.heaps import Heaps
from colorcheck.xen.intervals import Span
from colorcheck.xen.pdx import Compression


@dataclass(frozen=True, slots=True)
class Stages:
    """In frames: the free regions at first, what was taken from them, in order, and the heaps made of the rest."""

    regions: tuple[Span, ...]
    taken: tuple[Taken, ...]
    heaps: Heaps
    compression: Compression
