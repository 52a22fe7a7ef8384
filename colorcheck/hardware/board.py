"""Board, Cluster, Cache, DramMap: the known facts about hardware, with their sources.

`None` means unknown. A theorem that needs an unknown value is unknown, never proved.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from colorcheck.core.diagnostic import Confidence
from colorcheck.core.units import PAGE
from colorcheck.hardware.index import IndexFunction


class CacheKind(StrEnum):
    """What a cache holds."""

    UNIFIED = "unified"
    DATA = "data"
    INSTRUCTION = "instruction"


class Cache(Struct, frozen=True):
    """A cache: sizes in bytes.

    `shared_by` is the number of cores that use it. `in_clidr`: whether CLIDR_EL1 lists it, since Xen's probe sees only
    such caches. Two clusters whose caches have the same non-empty `id` use one and the same cache (the L3 of a DynamIQ
    cluster with two kinds of cores).
    """

    level: int
    size: int | None
    ways: int | None
    line: int | None
    sets: int | None
    index: IndexFunction
    kind: CacheKind = CacheKind.UNIFIED
    shared_by: int | None = None
    in_clidr: bool = True
    index_policy: str | None = None  # PIPT, VIPT
    replacement: str | None = None
    id: str = ""
    note: str = ""

    @property
    def way_size(self) -> int | None:
        """Bytes of one way: line times sets, as Xen computes it from CCSIDR_EL1 (`get_llc_way_size`)."""
        return None if self.line is None or self.sets is None else self.line * self.sets

    @property
    def nr_colors(self) -> int | None:
        """The number of colors of 4 KiB frames in one way."""
        return None if self.way_size is None else self.way_size // PAGE


class Cluster(Struct, frozen=True):
    """Cores of one kind that share a last-level cache inside their cluster.

    `cpus` are the numbers that Xen gives to its cores: 0 for the boot CPU, the others counted in the order of the
    device tree (`dt_smp_init_cpus`, Xen 4.20); empty if they are not known. `caches` are the LLC and the private
    ones, where they are known.
    """

    cores: str
    n_cores: int | None
    llc: Cache | None
    l1d: Cache | None = None
    l1i: Cache | None = None
    private_l2: Cache | None = None
    cpus: tuple[int, ...] = ()
    confidence: Confidence = Confidence.MEDIUM
    sources: tuple[str, ...] = ()
    note: str = ""
    mpidrs: tuple[int, ...] = ()

    @property
    def caches(self) -> tuple[Cache, ...]:
        return tuple(cache for cache in (self.llc, self.private_l2, self.l1d, self.l1i) if cache)


class DramMap(Struct, frozen=True):
    """The address bits that select DRAM bank, bank group and rank; each entry is a mask whose parity is one bit.

    `roles` names what each mask selects (`bank`, `bank group`, `rank`), if known.
    """

    select_masks: tuple[int, ...]
    source: str
    confidence: Confidence = Confidence.MEDIUM
    note: str = ""
    memory: str = ""
    roles: tuple[str, ...] = ()


class Board(Struct, frozen=True):
    """A board of the catalogue, or one derived from a device tree.

    `dram` are (start, size) ranges; `pa_bits` the physical address size of the boot CPU, which determines the levels of
    a P2M (`setup_virt_paging`, Xen 4.20); `timing` has hit and miss costs in cycles, if known. `compatible` are root
    `compatible` strings that identify this board's device tree, `soc_compatible` those of its SoC, which determines
    clusters and caches on any board. `aliases` are further names. `silicon` names the real board that an emulated
    machine represents. `boot_mpidr` is the CPU on which its firmware starts Xen, if documented in `boot_sources`;
    `boot_known`: the boot CPU's cluster is the first of `clusters`. `hint` is the partitioning that the hardware offers
    if coloring is not proved to work.
    """

    name: str
    title: str
    soc: str
    clusters: tuple[Cluster, ...]
    dram: tuple[tuple[int, int], ...] = ()
    pa_bits: int | None = None
    iommu: str | None = None
    iommu_usable: bool | None = None
    system_cache: Cache | None = None
    dram_map: DramMap | None = None
    colorable: str = "yes"  # yes, no, unverified, partly (a cache that is shared behind the colored one is not)
    colorable_reason: str = ""
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    virtual: bool = False
    timing: tuple[tuple[str, float], ...] = ()
    compatible: tuple[str, ...] = ()
    soc_compatible: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    silicon: str = ""
    hint: str = ""
    device_tree: str = ""
    dram_sources: tuple[str, ...] = ()
    pa_bits_sources: tuple[str, ...] = ()
    iommu_sources: tuple[str, ...] = ()
    boot_mpidr: int | None = None
    boot_sources: tuple[str, ...] = ()
    boot_known: bool = True

    @property
    def boot_cluster(self) -> Cluster:
        """The cluster of the boot CPU, whose cache Xen probes; the first one if the boot CPU is not known."""
        return self.clusters[0]

    @property
    def probed_llc(self) -> Cache | None:
        """The cache that Xen's probe selects on the boot CPU; None if it is unknown or could be one of several."""
        caches = [cluster.llc for cluster in (self.clusters if not self.boot_known else self.clusters[:1])]
        first = caches[0] if caches else None
        alike = all(c is not None and first is not None and _probe(c) == _probe(first) for c in caches)
        return first if alike else None

    @property
    def nr_colors(self) -> int | None:
        """The number of colors of the cache that Xen's probe selects; None if not known."""
        llc = self.probed_llc
        return llc.nr_colors if llc else None


def _probe(cache: Cache) -> tuple[object, ...]:
    """The values of a cache that Xen's probe reads."""
    return (cache.level, cache.kind, cache.in_clidr, cache.line, cache.sets)
