"""The costs and benefits of a plan for each owner, before and after: cache, memory, restarts, banks, ranges, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.hardware.affinity import CacheGroup, Cpus, shared_caches
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.dram_banks import banks_of_colors
from colorcheck.hardware.private_caches import usable_parts
from colorcheck.plan.problem import PlanProblem
from colorcheck.plan.search.evaluate import groups
from colorcheck.replay.restarts import budgets
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import System


class Has(Struct, frozen=True):
    """The resources of one owner with some colors; None for values that are not known.

    `cache` and `l1` are bytes of the last-level cache (the smallest one if it may run in several clusters) and of an L1
    data cache; `margin` is the frames beyond its need, `starts` the creations before the host reboots (None if it is
    not created by a toolstack), `banks` the number of DRAM banks they reach, out of `of_banks`.
    """

    colors: ColorSet
    cache: int | None = None
    l1: int | None = None
    margin: int | None = None
    starts: int | None = None
    banks: int | None = None
    of_banks: int | None = None

    def to_dict(self) -> dict[str, object]:
        return {
            "colors": list(self.colors),
            "cache_bytes": self.cache,
            "l1d_bytes": self.l1,
            "margin_pages": self.margin,
            "creations": self.starts,
            "dram_banks": self.banks,
            "ranges": len(self.colors.ranges()),
        }


class Cost(Struct, frozen=True):
    """One owner before and after; `lines` is the number of values in files that change for it."""

    name: str
    before: Has
    after: Has
    lines: int = 0

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "before": self.before.to_dict(), "after": self.after.to_dict(), "lines": self.lines}


def costs(
    problem: PlanProblem, board: Board | None, before: tuple[System, Boot | None], after: tuple[System, Boot | None]
) -> tuple[Cost, ...]:
    """Every owner, Xen first."""
    today = {demand.name: demand.today for demand in problem.demands}
    names = [demand.name for demand in problem.demands[1:]]
    planned = {problem.demands[0].name: ColorSet.of(after[0].xen_colors)}
    planned |= {name: ColorSet.of(d.colors) for name, d in zip(names, after[0].domains, strict=True)}
    had = given_by(problem, board, today, *before)
    has = given_by(problem, board, planned, *after)
    return tuple(Cost(name, had[name], has[name], int(had[name].colors != has[name].colors)) for name in had)


def given_by(
    problem: PlanProblem, board: Board | None, colors: Mapping[str, ColorSet], system: System, boot: Boot | None
) -> dict[str, Has]:
    """The resources of all owners with these colors. `boot` is a boot with them; without it restarts are not known."""
    names = [demand.name for demand in problem.demands]
    cpus: dict[str, Cpus] = dict.fromkeys(names)
    for name, domain in zip(names[1:], system.domains, strict=True):
        cpus[name] = None if domain.cpus is None else frozenset(domain.cpus)
    ids = {domain.id: name for name, domain in zip(names[1:], system.domains, strict=True)}
    starts = {ids.get(b.domain.id, ""): b.alone for b in budgets(boot)} if boot is not None else {}
    known = ColorSet.all(problem.nr_colors)
    margins: dict[str, int] = {}
    if all(colors[name] <= known for name in names):
        for group in groups(problem, colors):
            margins |= {demand.name: group.held - group.needed for demand in group.demands if demand.pages}
    return {
        name: replace(
            _has(board, colors[name] & known, problem.nr_colors, cpus[name]),
            margin=margins.get(name),
            starts=starts.get(name),
        )
        for name in names
    }


def _has(board: Board | None, colors: ColorSet, nr_colors: int, cpus: Cpus) -> Has:
    if board is None:
        return Has(colors)
    mine = shared_caches(board, cpus, cpus)
    last = [part_of(group.cache, colors, nr_colors) for group in mine]
    first = [part_of(board.clusters[number].l1d, colors, nr_colors) for number in _clusters(mine)]
    banks = banks_of_colors(board.dram_map, colors, nr_colors) if board.dram_map else None
    every = banks_of_colors(board.dram_map, range(nr_colors), nr_colors) if board.dram_map else None
    return Has(
        colors,
        _least(last),
        _least(first),
        banks=None if banks is None else len(banks),
        of_banks=None if every is None else len(every),
    )


def part_of(cache: Cache | None, colors: ColorSet, nr_colors: int) -> int | None:
    """Bytes of a cache that frames of these colors can use; None if its size or index is not known."""
    if cache is None or cache.size is None:
        return None
    counted = usable_parts(cache, colors, nr_colors)
    if counted is None:
        masks = cache.index.masks()
        counted = (len(colors), nr_colors) if masks is not None and cache.nr_colors == nr_colors else None
    return None if counted is None else cache.size * counted[0] // counted[1]


def _clusters(found: Sequence[CacheGroup]) -> list[int]:
    return [number for group in found for number in group.clusters]


def _least(amounts: Sequence[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return min(known) if known and len(known) == len(amounts) else None
