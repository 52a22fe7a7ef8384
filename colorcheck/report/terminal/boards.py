"""Boards as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from colorcheck.core.units import size
from colorcheck.hardware.affinity import folds
from colorcheck.hardware.board import Board, Cache, Cluster
from colorcheck.hardware.board_file import sources
from colorcheck.hardware.dram_banks import fixed_functions
from colorcheck.hardware.index import Linear, Sliced, UnknownIndex, XorHashed
from colorcheck.hardware.private_caches import usable_parts
from colorcheck.report.terminal.address_bits import address_bits


def board_to_dict(board: Board) -> dict[str, object]:
    """A board as in the documents `colorcheck/board list/1` and `colorcheck/board show/1`."""
    return {
        "name": board.name,
        "title": board.title,
        "soc": board.soc,
        "clusters": [_cluster_to_dict(cluster) for cluster in board.clusters],
        "nr_colors": board.nr_colors,
        "colorable": board.colorable,
        "colorable_reason": board.colorable_reason,
        "hint": board.hint,
        "iommu": board.iommu,
        "iommu_usable": board.iommu_usable,
        "dram": [list(pair) for pair in board.dram],
        "dram_map": None
        if board.dram_map is None
        else {
            "masks": list(board.dram_map.select_masks),
            "roles": list(board.dram_map.roles),
            "memory": board.dram_map.memory,
            "source": board.dram_map.source,
            "confidence": str(board.dram_map.confidence),
            "note": board.dram_map.note,
        },
        "system_cache": None if board.system_cache is None else _cache_to_dict(board.system_cache),
        "pa_bits": board.pa_bits,
        "compatible": list(board.compatible),
        "soc_compatible": list(board.soc_compatible),
        "aliases": list(board.aliases),
        "device_tree": board.device_tree,
        "virtual": board.virtual,
        "silicon": board.silicon,
        "notes": list(board.notes),
        "sources": list(board.sources),
    }


def _cluster_to_dict(cluster: Cluster) -> dict[str, object]:
    caches = (("llc", cluster.llc), ("private_l2", cluster.private_l2), ("l1d", cluster.l1d), ("l1i", cluster.l1i))
    return {
        "core": cluster.cores,
        "cores": cluster.n_cores,
        "cpus": list(cluster.cpus),
        **{name: None if cache is None else _cache_to_dict(cache) for name, cache in caches},
        "confidence": str(cluster.confidence),
        "sources": list(cluster.sources),
        "note": cluster.note,
    }


def _cache_to_dict(cache: Cache) -> dict[str, object]:
    return {
        "level": cache.level,
        "kind": cache.kind,
        "size": cache.size,
        "ways": cache.ways,
        "line": cache.line,
        "sets": cache.sets,
        "way_size": cache.way_size,
        "nr_colors": cache.nr_colors,
        "shared_by": cache.shared_by,
        "in_clidr": cache.in_clidr,
        "index": _index_to_dict(cache),
        "index_policy": cache.index_policy,
        "replacement": cache.replacement,
        "id": cache.id,
    }


def _index_to_dict(cache: Cache) -> dict[str, object]:
    match cache.index:
        case Linear():
            return {"kind": "linear"}
        case XorHashed(_, masks):
            return {"kind": "xor", "masks": list(masks)}
        case Sliced(slices, inner):
            return {"kind": "sliced", "slice_masks": list(slices), "masks": list(inner.masks() or ())}
        case UnknownIndex(reason):
            return {"kind": "unknown", "reason": reason}


def boards_as_text(boards: Iterable[Board], width: int = 100) -> str:
    """One line per board: name, SoC, cores, last-level cache of the boot cluster, colors, IOMMU, colorable."""
    rows = [("BOARD", "SOC", "CORES", "LLC", "COLORS", "IOMMU", "COLORABLE"), *(_row(board) for board in boards)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    # Narrow terminals omit the SoC first: the name mostly implies it.
    columns = [c for c in range(len(widths)) if c != 1] if sum(widths) + 12 > width else list(range(len(widths)))
    return "\n".join("  ".join(row[c].ljust(widths[c]) for c in columns).rstrip() for row in rows)


def _row(board: Board) -> tuple[str, ...]:
    counts = {cluster.cores: 0 for cluster in board.clusters}
    for cluster in board.clusters:
        counts[cluster.cores] += cluster.n_cores or 0
    cores = "+".join(f"{number or '?'}x{_short(core)}" for core, number in counts.items())
    llc = board.boot_cluster.llc
    usable = {True: "yes", False: "no", None: "?"}[board.iommu_usable]
    return (
        board.name,
        board.soc,
        cores,
        f"L{llc.level} {_size(llc.size)}" if llc else "?",
        str(board.nr_colors or "?"),
        usable,
        board.colorable,
    )


def _short(core: str) -> str:
    """A core's short name: `A53` for `cortex-a53`."""
    return core.removeprefix("cortex-").removeprefix("neoverse-").removeprefix("nvidia-").capitalize()


def _size(number: int | None) -> str:
    return "?" if number is None else size(number)


def board_as_text(board: Board) -> str:
    """Everything that is known about a board, with its sources."""
    return "\n".join(_page(board))


def _page(board: Board) -> Iterator[str]:
    yield f"{board.name}: {board.title}"
    yield f"  SoC        {board.soc}"
    yield f"  colors     {board.nr_colors or 'unknown'}"
    yield f"  colorable  {board.colorable}: {board.colorable_reason}"
    if board.hint:
        yield f"  instead    {board.hint}"
    yield f"  addresses  {board.pa_bits or 'unknown'} bits"
    yield f"  IOMMU      {board.iommu or 'unknown'}"
    yield ""
    for number, cluster in enumerate(board.clusters):
        yield from _cluster_page(number, cluster, board.nr_colors)
    if board.system_cache:
        yield f"system cache behind the clusters: {_cache_words(board.system_cache)}"
        if board.system_cache.note:
            yield f"  {board.system_cache.note}"
        yield ""
    yield from _folds(board)
    yield from _dram(board)
    yield "address bits of the cache that Xen colors:"
    yield address_bits(board)
    yield ""
    yield from (f"note: {note}" for note in board.notes)
    yield from _sources(board)


def _cluster_page(number: int, cluster: Cluster, nr_colors: int | None) -> Iterator[str]:
    cpus = f", CPUs {', '.join(map(str, cluster.cpus))}" if cluster.cpus else ""
    yield f"cluster {number}: {cluster.n_cores or '?'} x {cluster.cores}{cpus} (confidence {cluster.confidence})"
    named = (
        ("last-level", cluster.llc),
        ("private L2", cluster.private_l2),
        ("L1 data", cluster.l1d),
        ("L1 instr.", cluster.l1i),
    )
    for name, cache in named:
        if cache is not None:
            yield f"  {name:<11}{_cache_words(cache)}{_reduced(name, cache, nr_colors)}"
    if cluster.llc is None:
        yield "  last-level unknown"
    if cluster.note:
        yield f"  note       {cluster.note}"
    yield ""


def _cache_words(cache: Cache) -> str:
    parts = [f"L{cache.level}", _size(cache.size)]
    parts.append(f"{cache.ways or '?'} ways of {cache.sets or '?'} sets, lines of {cache.line or '?'} B")
    if cache.index_policy:
        parts.append(cache.index_policy)
    if isinstance(cache.index, UnknownIndex):
        parts.append(f"index unknown ({cache.index.reason})")
    else:
        parts.append({Linear: "linear", XorHashed: "XOR-hashed", Sliced: "sliced"}[type(cache.index)])
    return ", ".join(parts)


def _reduced(name: str, cache: Cache, nr_colors: int | None) -> str:
    """A remark if one color can use only part of a private cache."""
    counted = usable_parts(cache, (0,), nr_colors) if nr_colors and name != "last-level" else None
    return f"; one color reaches {counted[0]}/{counted[1]} of it" if counted and counted[0] < counted[1] else ""


def _folds(board: Board) -> Iterator[str]:
    nr_colors = board.nr_colors
    if nr_colors is None:
        return
    for group, modulus in folds(board, nr_colors):
        yield f"the {group.label} sees color c as c mod {modulus}: colors {modulus} apart meet there"
    if len({cluster.cores for cluster in board.clusters}) > 1:
        yield "Xen leaves CPUs of a different kind than the boot CPU parked unless it is booted with hmp-unsafe"
        yield ""


def _dram(board: Board) -> Iterator[str]:
    ranges = ", ".join(f"{start:#x}-{start + length - 1:#x} ({_size(length)})" for start, length in board.dram)
    yield f"DRAM: {ranges or 'ranges unknown'}"
    found = board.dram_map
    if found is None:
        yield "  banks unknown"
    elif not found.select_masks:
        yield f"  banks unknown: {found.note}"
    else:
        for mask, role in zip(found.select_masks, found.roles, strict=True):
            bits = [str(bit) for bit in range(mask.bit_length()) if mask >> bit & 1]
            yield f"  {role}: bit {' xor '.join(bits)}"
        fixed = len(fixed_functions(found, board.nr_colors)) if board.nr_colors else 0
        kind = f"{found.memory or 'DRAM'}, {found.source}"
        yield f"  a color decides {fixed} of these {len(found.select_masks)} ({kind})"
        if found.note:
            yield f"  {found.note}"
    yield ""


def _sources(board: Board) -> Iterator[str]:
    extra = (*board.dram_sources, *board.pa_bits_sources, *board.iommu_sources)
    keys = dict.fromkeys((*board.sources, *extra, *(board.dram_map.source.split(", ") if board.dram_map else ())))
    yield "sources:"
    for key in keys:
        yield f"  {key}: {sources().get(key, 'see the file')}"
