"""Small systems made by hand: effective systems, boots and boards without a single input file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from colorcheck.core.diagnostic import Confidence
from colorcheck.core.source import Location
from colorcheck.core.theorem import Theorem
from colorcheck.hardware.board import Board, Cache, Cluster
from colorcheck.hardware.index import IndexFunction, Linear
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof import ProofRequest, prove
from colorcheck.xen.booted import Boot, Interval
from colorcheck.xen.kinds import ColorSource, DomainKind, MapUse
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.system import Domain, System

HEAP_START = 0x80000


def place(line: int) -> Location:
    return Location("system.dts", line, 1, line, 2)


def domain(
    number: int,
    colors: Iterable[int],
    pages: int,
    *,
    kind: DomainKind = DomainKind.XL,
    name: str = "",
    cpus: tuple[int, ...] | None = None,
) -> Domain:
    return Domain(
        number,
        name or ("dom0" if kind is DomainKind.DOM0 else f"d{number}"),
        kind,
        tuple(colors),
        ColorSource.GIVEN,
        place(10 + number),
        place(100 + number),
        pages=pages,
        cpus=cpus,
    )


def system(nr_colors: int, domains: Sequence[Domain], *, xen: Sequence[int] = (0,), version: str = "4.20") -> System:
    return System(
        release_of(version),
        True,
        nr_colors,
        nr_colors * 4096,
        tuple(xen),
        ColorSource.GIVEN,
        place(1),
        place(2),
        tuple(domains),
    )


def booted(of: System, free: Sequence[int]) -> Boot:
    """A boot whose color heap has these frames, each color in a piece of its own."""
    colors = of.nr_colors or 1
    start = HEAP_START - HEAP_START % colors
    pieces = []
    for color, count in enumerate(free):
        for _ in range(count):
            frame = start + color
            pieces.append(Interval(frame, frame + 1, MapUse.COLOR_HEAP))
            start += colors
    end = start + colors - start % 512 + 512
    xen = Interval(end, end + 512 * colors, MapUse.XEN)
    return Boot(of, None, (xen.start * 4096, xen.end * 4096), tuple(free), (), 0, 0, (*pieces, xen), ())


def level_boot(of: System, pages_per_color: int) -> Boot:
    """A boot whose color heap is one piece with as many frames of each color."""
    colors = of.nr_colors or 1
    heap = Interval(HEAP_START, HEAP_START + colors * pages_per_color, MapUse.COLOR_HEAP)
    end = heap.end + 512 - heap.end % 512
    xen = Interval(end, end + 512 * colors, MapUse.XEN)
    free = (pages_per_color,) * colors
    return Boot(of, None, (xen.start * 4096, xen.end * 4096), free, (), 0, 0, (heap, xen), ())


def cache(index: IndexFunction, *, size: int = 1 << 20, ways: int = 16) -> Cache:
    line, sets = (index.line, index.sets) if isinstance(index, Linear) else (None, None)
    return Cache(2, size, ways, line, sets, index)


def board(*indexes: IndexFunction, cpus: Sequence[Sequence[int]] = (), dram: int = 1 << 33) -> Board:
    """A board with a cluster for each index function."""
    clusters = tuple(
        Cluster(
            f"core{number}",
            None,
            cache(index),
            cpus=tuple(cpus[number]) if cpus else (),
            confidence=Confidence.HIGH,
            sources=("manual",),
        )
        for number, index in enumerate(indexes)
    )
    return Board("test", "Test", "soc", clusters, ((0, dram),), 40)


ZCU102 = board(Linear(64, 1024))


def theorems(
    of: System, boot: Boot, on: Board | None = ZCU102, policy: PlanPolicy | None = None, *, smt: bool = False
) -> dict[str, Theorem]:
    return {t.id: t for t in prove(of, boot, on, policy or PlanPolicy(), ProofRequest(20, smt))}


def verdicts(of: System, boot: Boot, on: Board | None = ZCU102, policy: PlanPolicy | None = None) -> dict[str, str]:
    return {name: str(t.verdict) for name, t in theorems(of, boot, on, policy).items()}


def without_coloring(of: System) -> System:
    return replace(of, coloring=False, nr_colors=None, xen_colors=())
