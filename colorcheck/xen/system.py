"""The effective system: what a release of Xen does with a deployment before it hands out memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.source import Location
from colorcheck.core.units import MIB_PAGES
from colorcheck.xen.kinds import ColorSource, DomainKind, Failure, Note
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.memory.p2m import xl_pool

if TYPE_CHECKING:
    from colorcheck.loader.facts import Fact, OpenFact
    from colorcheck.xen.machine.preparation import Preparation
    from colorcheck.xen.options.options import BootArguments
    from colorcheck.xen.release.release import Release

MAGIC_PAGES = 4  # of a guest of a toolstack: console, Xenstore, memory access, virtual UART


class Domain(Struct, frozen=True):
    """A domain as Xen will build it.

    `colors` in Xen's order, repetitions kept. `pages` are the frames of its memory; `p2m_pages` the
    frames of its P2M pool, or for dom0 of its P2M tables, all of its own colors; `pool_follows` tells whether Xen or
    xl sizes that pool by the memory. `location` is where the colors
    are, or where the domain is if none were written. `shared_pages` is static shared memory that it owns, whose
    frames come from no heap. `failure` is set where the domain is not built although there are frames
    enough; `kept_pages` are the frames that its creation has taken by then, `late_failure` where Xen
    panics once it has its memory. `hardware`: it is a hardware domain of the device tree, whose P2M takes
    tables from its colors beside its pool. `trusted` is what its creation rests on and no input shows.

    `vcpu_cpus` are the CPUs on which each vCPU may run, as Xen numbers them (None: not known), `pool` the cpu pool
    (None: not known), `cpus` all of them together as the board numbers its CPUs (None: any).
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
    cpus: tuple[int, ...] | None = None
    failure: Failure | None = None
    shared_pages: int = 0
    pool_follows: bool = False
    kept_pages: int = 0
    late_failure: Failure | None = None
    buddy_shares: tuple[tuple[str, int], ...] = ()  # shared memory of the buddy heap: its id, its frames
    mapped: tuple[Mapping, ...] = ()  # what a partial tree maps into it, and shared memory
    partial_tree: bool = False  # whether it has one, known or not
    hardware: bool = False
    unused_pool: int = 0  # frames of a hardware domain's P2M pool, which are part of `p2m_pages`
    trusted: tuple[str, ...] = ()
    rests_on: frozenset[str] = frozenset()  # facts that its own creation reads
    vcpu_cpus: tuple[tuple[int, ...] | None, ...] = ()
    pool: int | None = None
    more_buddy: int = 0  # frames of the uncolored heap that its grant tables may take beyond the usual ones
    pieces: tuple[str, ...] = ()  # of a guest of xl: the files and arguments that it is made of

    @property
    def nr_pages(self) -> int:
        """The pages that Xen counts for it (`nr_pages`): its memory, Xenstore's page or the toolstack's magic pages,
        and the static shared memory that it owns; not its P2M."""
        return self.pages + self.extra_pages + self.shared_pages

    @property
    def needed_pages(self) -> int:
        """All frames that it takes from its colors."""
        return self.pages + self.p2m_pages + self.extra_pages

    @property
    def lost_pages(self) -> int:
        """Frames that each creation by a toolstack takes from its colors for good, whether or not it succeeds."""
        return self.kept_pages if self.failure else self.as_guest().needed_pages

    def as_guest(self) -> Domain:
        """The domain as a toolstack creates it anew: a dom0less one as a guest of the same memory and vCPUs."""
        if self.kind is not DomainKind.DOM0LESS:
            return self
        pool = xl_pool(self.pages // MIB_PAGES, self.vcpus)
        return replace(self, kind=DomainKind.XL, p2m_pages=pool, extra_pages=MAGIC_PAGES, shared_pages=0)


class System(Struct, frozen=True):
    """The effective system: what a release of Xen decides before it hands out memory.

    `nr_colors` is None while coloring is off. `release` is the Xen that decides, as the manifest names it.
    `panic` is a panic that comes before any memory is handed out. `preparation` is what the boot model goes on from;
    `arguments` are the boot arguments as this Xen reads them. `pool_panic` is a panic of the boot-time cpu pools, which
    comes before any domain is built, `iommu_panic` one before that, `end_panic` one behind all domains. `cpu_facts` are
    what the CPUs of the domains rest on: the boot CPU, and whether Xen is built with such pools.
    `reads` are the names of the facts that all of this rests on but the CPUs of domains, which add `cpu_reads`, and
    memory: those of the boot are `memory_reads`. `unknown` are the names of all open facts, whatever their value here.
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
    pool_panic: Failure | None = None
    iommu_panic: Failure | None = None
    end_panic: Failure | None = None
    cpu_facts: tuple[Fact | OpenFact, ...] = ()
    reads: frozenset[str] = frozenset()
    memory_reads: frozenset[str] = frozenset()
    cpu_reads: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
