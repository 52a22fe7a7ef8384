"""Board files: reads a Board from TOML and checks the range of every value.

An absent value is unknown; caches and clusters may come from the file of the SoC that `geometry` names. `sources` are
keys of `boards/common/sources.toml`, or plain words in a file from elsewhere.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from functools import cache as cached
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Confidence
from colorcheck.files.resources import common_table, data_folder
from colorcheck.hardware.board import Board, Cache, CacheKind, Cluster, DramMap
from colorcheck.hardware.cache_table import mask_of, read_cache
from colorcheck.hardware.cores import core_named
from colorcheck.hardware.table import BoardFileError, Table

COLORABLE = ("yes", "no", "unverified", "partly")


def read_board(text: str, name: str) -> Board:
    """The board that a file's text describes. Raises BoardFileError with the key and what is expected."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BoardFileError(f"it is not TOML: {error}") from error
    table = Table("", data)
    base = _base(table, name)
    clusters = tuple(_clusters(table)) or (base.clusters if base else ())
    if not clusters:
        raise BoardFileError('clusters: a board needs at least one [[clusters]], or geometry = "SOC"')
    boot = _boot(table.table("boot"), clusters, base)
    clusters, known = boot.clusters, boot.known
    pa_bits, pa_sources = table.number("pa_bits", 32, 52), table.texts("pa_bits_sources")
    if pa_bits is None:
        pa_bits, pa_sources = _pa_bits(clusters[:1] if known else clusters)
    dram, dram_sources = _dram(table)
    iommu = table.table("iommu") or Table("iommu", {})
    iommu_text = "; ".join(text for text in (iommu.text("description"), iommu.text("note")) if text)
    board = Board(
        name=name,
        title=table.text("title", name),
        soc=table.text("soc"),
        clusters=clusters,
        dram=dram,
        pa_bits=pa_bits,
        iommu=iommu_text or None,
        iommu_usable=iommu.flag("usable"),
        system_cache=_system_cache(table.table("system_cache")) or (base.system_cache if base else None),
        dram_map=_dram_map(table.table("dram_map")),
        colorable=table.one_of("colorable", COLORABLE, base.colorable if base else "unverified"),
        colorable_reason=table.text("colorable_reason", base.colorable_reason if base else ""),
        sources=tuple(dict.fromkeys(source for cluster in clusters for source in cluster.sources)),
        notes=table.texts("notes"),
        virtual=table.flag("virtual") or False,
        timing=_timing(table.table("timing")),
        compatible=table.texts("compatible"),
        soc_compatible=table.texts("soc_compatible"),
        aliases=table.texts("aliases"),
        silicon=table.text("silicon"),
        hint=table.text("hint", base.hint if base else ""),
        device_tree=table.text("device_tree"),
        dram_sources=dram_sources,
        pa_bits_sources=pa_sources,
        iommu_sources=iommu.texts("sources"),
        boot_mpidr=boot.mpidr,
        boot_sources=boot.sources,
        boot_known=known,
    )
    _confidence(iommu)
    iommu.done()
    table.done()
    return board


@cached
def sources() -> dict[str, str]:
    """The manuals, device trees and measurements behind the catalogue's values, by the short key used there."""
    return {key: str(text) for key, text in common_table("sources").items()}


def _base(table: Table, name: str) -> Board | None:
    """The SoC that has the caches and clusters of a board (`geometry = "zynqmp"`), from the catalogue."""
    named = table.text("geometry")
    if not named:
        return None
    path = data_folder("boards") / f"{named}.toml"
    if named == name or not named.replace("-", "").isalnum() or not os.path.isfile(path):
        raise table.fail("geometry", f"there is no SoC {named!r}; `colorcheck board list` lists boards and SoCs")
    found = read_board(path.read_text(encoding="utf-8"), named)
    if not found.soc_compatible:
        raise table.fail("geometry", f"{named!r} is a board, not a SoC")
    return found


def _confidence(table: Table) -> Confidence:
    return Confidence(table.one_of("confidence", tuple(Confidence), Confidence.MEDIUM))


def _clusters(table: Table) -> Iterator[Cluster]:
    """Every cluster, repeated `count` times; CPUs are numbered in the order of the file."""
    next_cpu = 0
    for entry in table.tables("clusters"):
        n_cores = entry.number("cores", 1, 1024)
        given = entry.numbers("cpus", 4095)
        cluster = Cluster(
            cores=entry.text("core"),
            n_cores=n_cores,
            llc=read_cache(entry.table("llc"), CacheKind.UNIFIED),
            l1d=read_cache(entry.table("l1d"), CacheKind.DATA, 1),
            l1i=read_cache(entry.table("l1i"), CacheKind.INSTRUCTION, 1),
            private_l2=read_cache(entry.table("private_l2"), CacheKind.UNIFIED, 2),
            confidence=_confidence(entry),
            sources=entry.texts("sources"),
            note=entry.text("note"),
        )
        if not cluster.cores:
            raise entry.fail("core", 'specify the core, such as "cortex-a53"')
        for _ in range(entry.number("count", 1, 256) or 1):
            cpus = given or tuple(range(next_cpu, next_cpu + (n_cores or 0)))
            next_cpu += len(cpus)
            yield replace(cluster, cpus=cpus)
        entry.done()


class _Boot(Struct, frozen=True):
    """The MPIDR of the boot CPU, if documented, and the clusters, with its own first if `known`."""

    clusters: tuple[Cluster, ...]
    known: bool
    mpidr: int | None = None
    sources: tuple[str, ...] = ()


def _boot(table: Table | None, clusters: tuple[Cluster, ...], base: Board | None) -> _Boot:
    """The boot CPU from `[boot]`; without it, the one of the SoC."""
    if table is None and base is not None and clusters is base.clusters:
        return _Boot(clusters, base.boot_known, base.boot_mpidr, base.boot_sources)
    boot = table or Table("boot", {})
    numbered, known = _numbered(clusters, boot)
    mpidr, named = boot.number("mpidr", 0, (1 << 40) - 1), boot.texts("sources")
    if mpidr is not None and not named:
        raise boot.fail("sources", "cite where it is documented on which CPU Xen starts")
    boot.text("note")
    boot.done()
    return _Boot(numbered, known, mpidr, named)


def _numbered(clusters: tuple[Cluster, ...], boot: Table) -> tuple[tuple[Cluster, ...], bool]:
    """The clusters, with the boot CPU's first and its CPU numbered 0, and whether it is known.

    `cluster` is an index in the order of the device tree, from 0. The others follow in the order of the file, which is
    that of the device tree. If several could be the boot CPU's, no CPU is numbered.
    """
    place = boot.number("cluster", 0, len(clusters) - 1)
    if len(clusters) == 1:
        return clusters, True
    if place is None:
        return tuple(replace(cluster, cpus=()) for cluster in clusters), False
    first = clusters[place].cpus[0] if clusters[place].cpus else None
    if first is None:
        return clusters, False
    order = sorted((cpu for cluster in clusters for cpu in cluster.cpus), key=lambda cpu: (cpu != first, cpu))
    numbered = [replace(c, cpus=tuple(sorted(order.index(cpu) for cpu in c.cpus))) for c in clusters]
    return (numbered[place], *numbered[:place], *numbered[place + 1 :]), True


def _dram(table: Table) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    entry = table.table("dram")
    if entry is None:
        return (), ()
    ranges = []
    for pair in entry.number_lists("ranges"):
        if len(pair) != 2 or not pair[1]:
            raise entry.fail("ranges", "write [start, size] with a size above 0")
        ranges.append((pair[0], pair[1]))
    ranges.sort()
    if any(start + size > after for (start, size), (after, _) in pairwise(ranges)):
        raise entry.fail("ranges", "two ranges overlap")
    found = entry.texts("sources")
    _confidence(entry)
    entry.done()
    return tuple(ranges), found


def _dram_map(table: Table | None) -> DramMap | None:
    if table is None:
        return None
    masks: list[int] = []
    roles: list[str] = []
    for key, role in (("bank_bits", "bank"), ("bank_group_bits", "bank group"), ("rank_bits", "rank")):
        bits = table.numbers(key, 51)
        masks += [1 << bit for bit in bits]
        roles += [role] * len(bits)
    functions = table.number_lists("functions", 51)
    masks += [mask_of(bits) for bits in functions]
    roles += ["bank, group or rank"] * len(functions)
    found = DramMap(
        select_masks=tuple(masks),
        source=", ".join(table.texts("sources")),
        confidence=_confidence(table),
        note=table.text("note"),
        memory=table.text("memory"),
        roles=tuple(roles),
    )
    table.done()
    return found


def _system_cache(table: Table | None) -> Cache | None:
    """The cache behind the clusters, which CLIDR_EL1 does not show."""
    if table is None:
        return None
    texts = (table.text("description"), table.text("note"), ", ".join(table.texts("sources")))
    _confidence(table)
    found = read_cache(table, CacheKind.UNIFIED, 3)
    return found and replace(found, in_clidr=False, note="; ".join(text for text in texts if text))


def _timing(table: Table | None) -> tuple[tuple[str, float], ...]:
    """Costs in cycles: `l1_hit`, `llc_hit`, `dram`."""
    if table is None:
        return ()
    names = ("l1_hit", "llc_hit", "dram")
    found = tuple((name, float(cost)) for name in names if (cost := table.number(name, 1, 1 << 20)))
    table.texts("sources")
    table.done()
    return found


def _pa_bits(clusters: tuple[Cluster, ...]) -> tuple[int | None, tuple[str, ...]]:
    """The physical address size of the boot CPU, which is in one of these clusters; None if they differ.

    Xen uses the least of all CPUs that it starts (`system_cpuinfo`), but starts only CPUs of the boot CPU's type unless
    booted with `hmp-unsafe` (`start_secondary`, Xen 4.20).
    """
    core = core_named(clusters[0].cores)
    sizes = {other.pa_bits if (other := core_named(cluster.cores)) else None for cluster in clusters}
    return (core.pa_bits, core.pa_bits_sources) if core and len(sizes) == 1 else (None, ())
