"""The subjects of the theorems of one release as plain lists, for a checker without a solver or the model."""

from __future__ import annotations

from colorcheck.hardware.index import Linear, UnknownIndex
from colorcheck.proof.context import Context, Party, SharedCache
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.memory.frames import Frames


def listing(result: ReleaseResult, facts: Facts) -> dict[str, object]:
    """Caches, parties with their frames, the memory map and the color heap in the boot of the base world."""
    if result.system is None or result.boot is None:
        return {"release": result.release}
    context = Context(result.system, result.boot, facts.board, facts.manifest.policy, 1.0)
    boot, region = result.boot, context.xen_region
    return {
        "release": result.release,
        "coloring": result.system.coloring,
        "nr_colors": result.system.nr_colors,
        "outcome": boot.outcome,
        "dram": [list(span) for span in context.ranges],
        "caches": [_cache(context, shared) for shared in context.caches],
        "cpus": sorted(context.cpus) if context.cpus is not None and context.cpus_are_facts else None,
        "parties": [_party(context, party) for party in context.parties],
        "map": [[piece.start, piece.end, str(piece.use)] for piece in boot.memory_map],
        "xen_region": list(region) if region else None,
        "free_by_color": list(boot.free_initial),
    }


def _cache(context: Context, shared: SharedCache) -> dict[str, object]:
    index = shared.cache.index if shared.cache else None
    masks = None if index is None or isinstance(index, UnknownIndex) else index.masks()
    modulus = shared.frames_apart(context.system.nr_colors or 1)
    return {
        "id": shared.id,
        "label": shared.label,
        "cpus": sorted(shared.cpus) if shared.cpus is not None else None,
        "linear": [index.line, index.sets] if isinstance(index, Linear) else None,
        "masks": list(masks) if masks is not None else None,
        "modulus": modulus if modulus > 1 else context.system.nr_colors,
    }


def _party(context: Context, party: Party) -> dict[str, object]:
    domain = party.domain
    found: dict[str, object] = {"name": party.name, "colors": list(party.colors), "kind": "xen", "cpus": None}
    if domain is None:
        return {**found, "frames": [list(run) for run in context.booted.xen_frames]}
    built = next((b for b in context.booted.built if b.domain.id == domain.id and b.domain.name == domain.name), None)
    return {
        **found,
        "kind": str(domain.kind),
        "cpus": list(domain.cpus) if domain.cpus else None,
        "pages": domain.pages,
        "needed_pages": domain.needed_pages,
        "created": bool(built and built.created),
        "banks": [list(bank) for bank in built.banks] if built else [],
        "frames": _runs(built.frames, party, context.system.nr_colors or 1) if built else [],
    }


def _runs(frames: Frames, party: Party, nr_colors: int) -> list[list[int]]:
    """All frames as [first, distance, count], color by color, ascending; adjacent runs are merged."""
    found: list[list[int]] = []
    for color in party.colors:
        columns = (run for each in frames.allocations for run in each.column(color))
        merged: list[list[int]] = []
        for low, count in sorted((min(run.first, run.last), run.count) for run in columns):
            if merged and low == merged[-1][0] + merged[-1][2] * nr_colors:
                merged[-1][2] += count
            elif count:
                merged.append([low, nr_colors, count])
        found += merged
    return found
