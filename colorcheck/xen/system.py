"""What Xen makes of a deployment: its domains with their colors and needs, and how its boot goes."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from colorcheck.core.source import Location
from colorcheck.core.value import dataclass
from colorcheck.xen.memory.frames import FrameRun, Frames
from colorcheck.xen.memory.p2m import PAGES_PER_MIB, xl_pool

if TYPE_CHECKING:
    from colorcheck.xen.machine.preparation import Preparation
    from colorcheck.xen.memory.color_heap import ColorHeap
    from colorcheck.xen.memory.dom0_banks import Dom0Layout
    from colorcheck.xen.memory.stages import Stages
    from colorcheck.xen.options.options import BootArguments
    from colorcheck.xen.release.release import Release

__all__ = ["Boot", "Built", "ColorSource", "Domain", "DomainKind", "Failure", "FrameRun", "Interval", "Note", "System"]


MAGIC_PAGES = 4  # of a guest of a toolstack: console, Xenstore, memory access, virtual UART


class DomainKind(StrEnum):
    DOM0 = "dom0"
    DOM0LESS = "dom0less"
    XL = "xl"


class ColorSource(StrEnum):
    """Where a domain's colors come from."""

    GIVEN = "given"
    DEFAULT = "default"
    INHERITED = "inherited"
    REMAINS = "remains-of-a-rejected-list"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why Xen panics or a domain is not created.

    `kind` is a class of interfaces.md (relocation, geometry, xen-colors, dom0-colors, domain-colors,
    colors-while-disabled, static-memory, direct-map, domain-memory, buddy-too-small, other; for guests xl-rejects,
    domain-colors, domain-memory, host-panic); `message` is what Xen or xl prints.
    """

    kind: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"class": self.kind, "message": self.message}


@dataclass(frozen=True, slots=True)
class Note:
    """Something in the configuration that Xen or xl treats in a way its author may not expect.

    `kind` is the short name by which a rule takes it up; `domain` the name of the domain concerned, `xen`, or empty.
    `data` are further facts for the rule's message, by name.
    """

    kind: str
    message: str
    location: Location
    domain: str = ""
    data: tuple[tuple[str, object], ...] = ()

    def get(self, name: str) -> object:
        return dict(self.data).get(name)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as Xen will build it.

    `colors` in Xen's order, repetitions kept. `pages` are the frames of its memory; `p2m_pages` the
    frames of its P2M pool, or for dom0 of its P2M tables, all of its own colors; `pool_follows` tells whether Xen or
    xl sizes that pool by the memory. `location` is where the colors
    stand, or where the domain does if nobody wrote any. `shared_pages` is static shared memory that it owns, whose
    frames come from no heap. `failure` is set where the domain is not built although there are frames
    enough; `kept_pages` are the frames that its creation has taken by then.
    """

    id: int
    name: str
    kind: DomainKind
    colors: tuple[int, ...]
    source: ColorSource
    location: Location
    memory_location: Location
    vcpus: int = 1
    pages: int = 0
    p2m_pages: int = 0
    extra_pages: int = 0
    cpus: tuple[int, ...] | None = None  # physical CPUs its vCPUs may run on; None: any
    failure: Failure | None = None
    shared_pages: int = 0
    pool_follows: bool = False
    kept_pages: int = 0

    @property
    def nr_pages(self) -> int:
        """The pages that Xen counts for it (`nr_pages`): its memory, Xenstore's page or the toolstack's magic pages,
        and the static shared memory that it owns; not its P2M."""
        return self.pages + self.extra_pages + self.shared_pages

    @property
    def needed_pages(self) -> int:
        """All frames that it takes from its colors."""
        return self.pages + self.p2m_pages + self.extra_pages

    def as_guest(self) -> Domain:
        """The domain as a toolstack creates it anew: a dom0less one as a guest of the same memory and vCPUs."""
        if self.kind is not DomainKind.DOM0LESS:
            return self
        pool = xl_pool(self.pages // PAGES_PER_MIB, self.vcpus)
        return replace(self, kind=DomainKind.XL, p2m_pages=pool, extra_pages=MAGIC_PAGES, shared_pages=0)


@dataclass(frozen=True, slots=True)
class System:
    """The effective system: what a release of Xen decides before it hands out memory.

    `nr_colors` is None while coloring is off. `release` is the Xen that decides, as the manifest names it.
    `panic` is a panic that comes before any memory is handed out. `preparation` is what the boot model goes on from;
    `arguments` are the boot arguments as this Xen reads them.
    """

    release: Release
    coloring: bool
    nr_colors: int | None
    way_size: int | None
    xen_colors: tuple[int, ...]
    xen_source: ColorSource
    xen_location: Location
    coloring_location: Location
    domains: tuple[Domain, ...]
    notes: tuple[Note, ...] = ()
    panic: Failure | None = None
    preparation: Preparation | None = None
    arguments: BootArguments | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """Machine frame numbers from `start` up to, not including, `end`, and what lies there."""

    start: int
    end: int
    use: str  # module, reserved, xen, buddy, color-heap, boot-allocation, lost
    label: str = ""

    @property
    def pages(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Built:
    """A domain after its creation was tried, in the order of creation."""

    domain: Domain
    created: bool
    failure: Failure | None
    pages_by_color: tuple[tuple[int, int], ...]
    p2m_pages: int
    free_before: tuple[int, ...]
    free_after: tuple[int, ...]
    frames: Frames = field(default_factory=Frames)
    banks: tuple[tuple[int, int], ...] = ()  # guest addresses [start, end)


@dataclass(frozen=True, slots=True)
class Boot:
    """How the boot of a system goes: the color heap and the domains that are built from it.

    `xen_region` is [start, end) of the region that Xen moves to, in bytes.
    `free_initial` and `free_final` are frames per color; `stages` tells how memory came to the heaps, `heap` is the
    color heap at the end, `xen_frames` the frames that hold Xen's image, `dom0_layout` the banks and tables of dom0.
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
    stages: Stages | None = None
    heap: ColorHeap | None = None
    xen_frames: tuple[FrameRun, ...] = ()
    dom0_layout: Dom0Layout | None = None

    @property
    def outcome(self) -> str:
        return "panics" if self.panic else "boots"
