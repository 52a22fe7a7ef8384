"""A board as a commented TOML file: the first version that `board from-device-tree` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from colorcheck.hardware.board import Board, Cache, CacheKind, Cluster
from colorcheck.hardware.index import Linear, Sliced, UnknownIndex, XorHashed

HOW_TO_MEASURE = (
    "To measure: read CSSELR_EL1/CCSIDR_EL1 on the boot CPU, boot Xen and read its line about the LLC way size,",
    "or take size, ways and line from the manual of the SoC: sets = size / ways / line.",
)


def to_toml(board: Board, comments: Iterable[str] = ()) -> str:
    """A board file for this board; `comments` are at its top, one line each. Unknown values become comments."""
    return "\n".join(_lines(board, comments)) + "\n"


def _lines(board: Board, comments: Iterable[str]) -> Iterator[str]:
    for comment in comments:
        yield from (f"# {line}" for line in comment.splitlines() or [""])
    yield f"title = {_quoted(board.title)}"
    yield f"soc = {_quoted(board.soc)}"
    if board.compatible:
        yield f"compatible = {_list(board.compatible)}"
    if board.pa_bits is not None:
        yield f"pa_bits = {board.pa_bits}"
    else:
        yield "# pa_bits = 40  # unknown: ID_AA64MMFR0_EL1.PARange of the boot CPU; decides how deep P2M tables are"
    yield f"colorable = {_quoted(board.colorable)}"
    yield f"colorable_reason = {_quoted(board.colorable_reason)}"
    if board.hint:
        yield f"hint = {_quoted(board.hint)}"
    for cluster in board.clusters:
        yield from _cluster(cluster)
    if len(board.clusters) > 1:
        yield "\n# The CPU on which Xen starts: its MPIDR, its cluster (from 0, as above), and the source."
        yield "# [boot]\n# mpidr = 0x0\n# cluster = 0\n# sources = []"
    yield from _memory(board)
    if board.iommu or board.iommu_usable is not None:
        yield "\n[iommu]"
        yield f"description = {_quoted(board.iommu or 'none in the device tree')}"
        if board.iommu_usable is not None:
            yield f"usable = {str(board.iommu_usable).lower()}"
        yield f"sources = {_list(board.iommu_sources)}"
    if board.system_cache:
        yield "\n# Behind the clusters: CLIDR_EL1 does not show it, and colors do not partition it."
        yield "[system_cache]"
        yield from _cache(board.system_cache)


def _cluster(cluster: Cluster) -> Iterator[str]:
    yield "\n[[clusters]]"
    yield f"core = {_quoted(cluster.cores)}"
    if cluster.n_cores:
        yield f"cores = {cluster.n_cores}"
    yield f"confidence = {_quoted(cluster.confidence)}"
    yield f"sources = {_list(cluster.sources)}"
    for name, cache in (
        ("llc", cluster.llc),
        ("private_l2", cluster.private_l2),
        ("l1d", cluster.l1d),
        ("l1i", cluster.l1i),
    ):
        if cache is not None:
            yield f"\n[clusters.{name}]"
            yield from _cache(cache, in_cluster=True)
    if cluster.llc is None:
        yield "\n# [clusters.llc]  # unknown: level, size, ways, line, sets and index"
        yield from (f"# {line}" for line in HOW_TO_MEASURE)


def _cache(cache: Cache, *, in_cluster: bool = False) -> Iterator[str]:
    if cache.kind is CacheKind.UNIFIED:
        yield f"level = {cache.level}"
    numbers = (("size", cache.size), ("ways", cache.ways), ("line", cache.line), ("sets", cache.sets))
    for name, number in numbers:
        yield f"# {name} =  # unknown" if number is None else f"{name} = {number}"
    if in_cluster and cache.kind is CacheKind.UNIFIED and cache.sets is None:
        yield from (f"# {line}" for line in HOW_TO_MEASURE)
    if cache.shared_by is not None:
        yield f"shared_by = {cache.shared_by}"
    if cache.id:
        yield f"id = {_quoted(cache.id)}"
    match cache.index:
        case Linear():
            yield 'index = "linear"'
        case XorHashed(_, masks):
            yield f'index = "xor"\nindex_bits = {_bits(masks)}'
        case Sliced(slices, inner):
            yield f'index = "sliced"\nslice_bits = {_bits(slices)}'
            if isinstance(inner, XorHashed):
                yield f"index_bits = {_bits(inner.parity_masks)}"
        case UnknownIndex(reason):
            yield f'index = "unknown"\nindex_reason = {_quoted(reason)}'
    if cache.index_policy:
        yield f"index_policy = {_quoted(cache.index_policy)}"
    if cache.replacement:
        yield f"replacement = {_quoted(cache.replacement)}"


def _memory(board: Board) -> Iterator[str]:
    if not board.dram:
        yield "\n# [dram]"
        yield "# ranges = [[0x4000_0000, 0x8000_0000]]  # [start, size]; the tree leaves them to the boot loader"
        return
    ranges = ", ".join(f"[{start:#x}, {size:#x}]" for start, size in board.dram)
    yield f"\n[dram]\nranges = [{ranges}]\nsources = {_list(board.dram_sources)}"


def _bits(masks: Iterable[int]) -> str:
    lists = ([bit for bit in range(mask.bit_length()) if mask >> bit & 1] for mask in masks)
    return f"[{', '.join(str(bits) for bits in lists)}]"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    """A TOML basic string (TOML 1.0): JSON's escapes are a subset of its, and lone surrogates are left out."""
    import json

    clean = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
