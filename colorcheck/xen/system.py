"""The effective system: everything that a release of Xen decides from a deployment before it allocates memory."""

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

    `colors` are in Xen's order, with repetitions. `pages` are the frames of its memory; `p2m_pages` the frames of its
    P2M pool or, for dom0, of its P2M tables, all of its own colors; `pool_follows`: whether Xen or xl derives the size
    of that pool from the memory. `location` is that of the colors, or of the domain without colors. `shared_pages` is
    static shared memory that it owns, whose frames come from no heap. `failure` is set if the domain is not built
    although there are enough frames; `kept_pages` are the frames that its creation has taken by then, `late_failure` is
    set if Xen panics after the domain has its memory. `hardware`: it is a hardware domain of the device tree, whose P2M
    takes tables from its colors in addition to its pool. `trusted` are assumptions of its creation that no input
    confirms. `vcpu_cpus` has the CPUs on which each vCPU may run, as Xen numbers them (None if not known), `pool` the
    CPU pool (None if not known), `cpus` their union as the board numbers its CPUs (None for any).
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
    buddy_shares: tuple[tuple[str, int], ...] = ()  # shared memory from the buddy heap: ID, frames
    mapped: tuple[Mapping, ...] = ()  # mappings of a partial tree, and shared memory
    partial_tree: bool = False  # whether it has one, known or not
    hardware: bool = False
    unused_pool: int = 0  # frames of a hardware domain's P2M pool, which are part of `p2m_pages`
    trusted: tuple[str, ...] = ()
    rests_on: frozenset[str] = frozenset()  # facts on which its own creation depends
    vcpu_cpus: tuple[tuple[int, ...] | None, ...] = ()
    pool: int | None = None
    more_buddy: int = 0  # frames of the uncolored heap that its grant tables may take beyond the usual ones
    pieces: tuple[str, ...] = ()  # for a guest of xl: the files and arguments from which it is built

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
        """Frames that each creation by a toolstack permanently takes from its colors, whether or not it succeeds."""
        return self.kept_pages if self.failure else self.as_guest().needed_pages

    def as_guest(self) -> Domain:
        """The domain as a toolstack creates it again: a dom0less one as a guest with the same memory and vCPUs."""
        if self.kind is not DomainKind.DOM0LESS:
            return self
        pool = xl_pool(self.pages // MIB_PAGES, self.vcpus)
        return replace(self, kind=DomainKind.XL, p2m_pages=pool, extra_pages=MAGIC_PAGES, shared_pages=0)


class System(Struct, frozen=True):
    """The effective system: everything that a release of Xen decides before it allocates memory.

    `nr_colors` is None if coloring is off. `release` is the name in the manifest. `panic` is a panic before any memory
    is allocated. `preparation` is the input of the boot model; `arguments` are the boot arguments as this Xen reads
    them. `pool_panic` is a panic of the boot-time CPU pools, which comes before any domain is built, `iommu_panic`
    one before that, `end_panic` one after all domains. `cpu_facts` are the facts behind the CPUs of the domains: the
    boot CPU, and whether Xen is built with such pools. `reads` has the names of the facts on which the system depends,
    except those for the CPUs of domains (`cpu_reads`) and for the boot (`memory_reads`). `unknown` has the names of all
    open facts, whatever their value here.
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
