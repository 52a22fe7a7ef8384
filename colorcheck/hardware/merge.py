"""Merges a board of the catalogue and the device tree's description of the same hardware.

The catalogue never hides hardware in the tree: a cluster, a cache or a number that only the tree has stays in the
result, and if the two contradict each other, the value is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.hardware.board import Board, Cluster
from colorcheck.hardware.cores import core_named
from colorcheck.hardware.index import UnknownIndex

GENERIC = "armv8"


def on_any_board(soc: Board, model: str) -> Board:
    """The SoC of a catalogue board on another board, called `model`: its caches and clusters, without DRAM."""
    title = f"{model} ({soc.soc})" if model else f"a board with {soc.soc}"
    return replace(
        soc, title=title, dram=(), dram_sources=(), dram_map=None, notes=(), compatible=(), aliases=(), device_tree=""
    )


def different_cores(known: Board, described: Board) -> str:
    """The cores of the tree that the board cannot have, in words; empty if they match, and for generic kinds."""
    mine, theirs = (_cores(board) for board in (known, described))
    if GENERIC in theirs:
        return ""
    kinds = sorted(set(theirs) - set(mine))
    if kinds:
        return f"{' and '.join(kinds)} cores"
    more = [kind for kind, count in theirs.items() if mine[kind] and count > mine[kind]]
    return f"{theirs[more[0]]} {more[0]} cores" if more else ""


def _cores(board: Board) -> Counter[str]:
    """The number of cores of each kind; 0 if not known."""
    found: Counter[str] = Counter()
    for cluster in board.clusters:
        found[cluster.cores] += cluster.n_cores or 0
    return found


def pairs(known: Board, described: Board) -> Iterator[tuple[Cluster | None, Cluster]]:
    """Each cluster of the tree, with an unused one of the board that has the same cores, if there is one."""
    unused = list(known.clusters)
    only = len(known.clusters) == len(described.clusters) == 1
    for cluster in described.clusters:
        same = next((own for own in unused if only or own.cores == cluster.cores), None)
        if same is not None:
            unused.remove(same)
        yield same, cluster


def contradiction(mine: Cluster | None, theirs: Cluster) -> Iterator[tuple[str, str]]:
    """Contradictions about a last-level cache, each as (board, tree) in words."""
    one, other = (cluster.llc if cluster else None for cluster in (mine, theirs))
    if mine is None or one is None or other is None or mine.cores != theirs.cores:
        return
    what = f"the last-level cache of {mine.cores}"
    if other.sets is not None and one.level != other.level:
        yield f"{what} is level {one.level}", f"level {other.level}"
    elif None not in (one.way_size, other.way_size) and one.way_size != other.way_size:
        yield f"the way of {what} has {one.way_size} bytes", f"{other.way_size} bytes"


def complete(known: Board, described: Board | None) -> Board:
    """The known board, completed from the tree: memory, CPUs, clusters, and caches behind them.

    The clusters are in the order of the tree, the boot CPU's first. If the tree does not have all clusters of the
    board, or contradicts them, CPUs are not numbered, so that any CPU may be in any of several clusters.
    """
    if described is None:
        return known
    found = tuple(pairs(known, described))
    clusters = tuple(_merged(mine, theirs, bool(known.silicon)) for mine, theirs in found)
    fits = all(mine is not None and not tuple(contradiction(mine, theirs)) for mine, theirs in found)
    missing = tuple(_without_cpus(c) for c in known.clusters if all(mine is not c for mine, _ in found))
    more = bool(missing) and (not fits or bool(different_cores(known, described)))
    if more:
        clusters = (*map(_without_cpus, clusters), *missing)
    core = core_named(clusters[0].cores)
    moved = clusters[0].cores != known.boot_cluster.cores and core is not None
    behind = None if known.system_cache else described.system_cache
    partly = behind is not None and known.colorable == "yes"
    return replace(
        known,
        boot_known=described.boot_known and not more,
        dram=described.dram or known.dram,
        clusters=clusters,
        pa_bits=core.pa_bits if moved and core else known.pa_bits,
        pa_bits_sources=core.pa_bits_sources if moved and core else known.pa_bits_sources,
        system_cache=known.system_cache or behind,
        colorable="partly" if partly else known.colorable,
        colorable_reason=described.colorable_reason if partly else known.colorable_reason,
    )


def _without_cpus(cluster: Cluster) -> Cluster:
    return replace(cluster, cpus=(), n_cores=None)


def _merged(mine: Cluster | None, theirs: Cluster, emulated: bool) -> Cluster:
    """The board's cluster with the tree's CPUs; the tree's cluster if the board has none of this kind."""
    if mine is None:
        return theirs
    merged = replace(mine, cpus=theirs.cpus, n_cores=len(theirs.cpus) or None, mpidrs=theirs.mpidrs)
    against = () if emulated else tuple(contradiction(mine, theirs))
    if not against or merged.llc is None:
        return merged
    reason = f"{against[0][0]} according to the catalogue, but {against[0][1]} according to the device tree"
    return replace(merged, llc=replace(merged.llc, index=UnknownIndex(reason)))
