"""The result of a boot: the memory map, the color heap, and each domain after its creation was attempted."""

from __future__ import annotations

from msgspec import Struct, field

from colorcheck.loader.facts import OpenFact
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, MapUse, Note
from colorcheck.xen.memory.color_heap import ColorHeap
from colorcheck.xen.memory.dom0_banks import Dom0Layout
from colorcheck.xen.memory.frame_run import FrameRun
from colorcheck.xen.memory.frames import Frames
from colorcheck.xen.memory.heap_origin import HeapOrigin
from colorcheck.xen.system import Domain, System


class Interval(Struct, frozen=True):
    """Machine frame numbers [start, end), and their use."""

    start: int
    end: int
    use: MapUse
    label: str = ""

    @property
    def pages(self) -> int:
        return self.end - self.start


class Built(Struct, frozen=True):
    """A domain after its creation was attempted."""

    domain: Domain
    created: bool
    failure: Failure | None
    pages_by_color: tuple[tuple[int, int], ...]
    p2m_pages: int
    free_before: tuple[int, ...]
    free_after: tuple[int, ...]
    frames: Frames = field(default_factory=Frames)
    banks: tuple[tuple[int, int], ...] = ()  # guest addresses [start, end)


class Boot(Struct, frozen=True):
    """The boot of a system: the color heap and the domains that are built from it.

    `xen_region` is [start, end) of the region that Xen moves to, in bytes. `free_initial` and `free_final` are frames
    per color; `heap_origin` records how memory came to the heaps, `heap` is the color heap at the end, `met` has the
    open facts on which an outcome depended, `xen_frames` the frames of Xen's image, `dom0_layout` the banks and tables
    of dom0.
    """

    system: System
    panic: Failure | None
    xen_region: tuple[int, int] | None
    free_initial: tuple[int, ...]
    free_final: tuple[int, ...]
    buddy_reserved_pages: int
    buddy_initial_pages: int
    memory_map: tuple[Interval, ...]
    built: tuple[Built, ...]
    notes: tuple[Note, ...] = ()
    heap_origin: HeapOrigin | None = None
    heap: ColorHeap | None = None
    xen_frames: tuple[FrameRun, ...] = ()
    dom0_layout: Dom0Layout | None = None
    met: tuple[OpenFact, ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        """The names of the facts on which the boot depends, including those met on its way, but not those that only
        the creation of single domains reads.
        """
        return self.system.memory_reads | {fact.what for fact in self.met}

    @property
    def outcome_reads(self) -> frozenset[str]:
        """The names of the facts on which the outcome depends: for Xen's own domains, those up to the one that
        fails in any case.
        """
        found = set(self.reads)
        for built in self.built:
            if built.domain.kind is not DomainKind.XL and built.domain.failure is None:
                found |= built.domain.rests_on
        return frozenset(found)

    @property
    def outcome(self) -> str:
        """The outcome: `boots`, `panics`, or `hangs`, which Xen does not report."""
        if self.panic is None:
            return "boots"
        return "hangs" if self.panic.kind is FailureKind.HANG else "panics"
