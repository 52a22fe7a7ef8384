"""Residue: what domains still share although their colors are disjoint, and the resulting grade."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.units import PAGE
from colorcheck.hardware.bus_masters import bus_masters
from colorcheck.hardware.master_kinds import Dma
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.booted import Boot
from colorcheck.xen.facts.iommu_driver import left_out
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.machine.intervals import Span, merged
from colorcheck.xen.machine.machine import MEMRESERVE
from colorcheck.xen.memory.color_heap import BootLists
from colorcheck.xen.notes.domains import PartialTreeUnread, PassthroughMemory, StaticSharedMemory
from colorcheck.xen.notes.sentences import memory_given, memory_shared, tree_unread
from colorcheck.xen.options.iommu import iommu_enabled
from colorcheck.xen.system import Domain, System

_NAMED = 4  # the number of devices that are named
SEPARATION = "separation"  # suffixes of the names of separation theorems

GRADES = {
    "A": "proved isolated; only Xen's own uncolored memory, the bus, DRAM and miss registers are shared",
    "B": "proved isolated, but the configuration lets domains or their devices reach memory outside of their colors",
    "C": "isolated except where the policy allows sharing",
    "D": "not proved: a separation is undecided",
    "E": "shared: a separation is refuted, or nothing is colored",
}


class Remainder(Struct, frozen=True):
    """One thing that stays shared: `what` it is and `why`.

    `pages` are its frames (None if not known or not applicable), `by_color` those of each color, under the first of
    several releases that otherwise agree. `crosses` is set if the configuration, not Xen's own needs, puts a domain's
    data into frames of any color.
    """

    what: str
    why: str
    pages: int | None = None
    by_color: tuple[int, ...] = ()
    crosses: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remainder) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return self.what, self.why, self.pages, self.crosses

    @property
    def colors(self) -> str:
        """`260-261 frames of every color`, or the number of colors; empty if not known."""
        some = [count for count in self.by_color if count]
        if not some:
            return ""
        frames = str(some[0]) if min(some) == max(some) else f"{min(some)}-{max(some)}"
        which = "every color" if len(some) == len(self.by_color) else f"{len(some)} of {len(self.by_color)} colors"
        return f"{frames} frames of {which}"

    def to_dict(self) -> dict[str, object]:
        return {
            "what": self.what,
            "why": self.why,
            "pages": self.pages,
            "pages_by_color": list(self.by_color) or None,
            "crosses": self.crosses,
        }


class Residue(Struct, frozen=True):
    """The grade of isolation under one release, with the reason, and everything that stays shared."""

    release: str
    grade: str
    reason: str
    remainders: tuple[Remainder, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "xen": self.release,
            "grade": self.grade,
            "meaning": GRADES[self.grade],
            "reason": self.reason,
            "remainders": [remainder.to_dict() for remainder in self.remainders],
        }


def residues(facts: Facts) -> tuple[Residue, ...]:
    """The residue under each release whose options could be read; one for all releases under which it is the same."""
    found: dict[object, list[Residue]] = {}
    for result in facts.results:
        if result.system is not None:
            made = _residue(facts, result)
            found.setdefault((made.grade, made.reason, made.remainders), []).append(made)
    return tuple(replace(same[0], release=", ".join(each.release for each in same)) for same in found.values())


def _residue(facts: Facts, result: ReleaseResult) -> Residue:
    remainders = tuple(_remainders(facts, result))
    grade, reason = _grade(facts, result, remainders)
    return Residue(result.release, grade, reason, remainders)


def _grade(facts: Facts, result: ReleaseResult, remainders: tuple[Remainder, ...]) -> tuple[str, str]:
    """The worst grade that applies, and the reason."""
    separations = [theorem for theorem in result.theorems if theorem.kind.endswith(SEPARATION)]
    refuted = [theorem for theorem in separations if theorem.verdict is Verdict.REFUTED]
    open_ones = [theorem for theorem in separations if theorem.verdict is not Verdict.PROVED]
    if result.system is not None and result.system.coloring and not result.colored:
        return "D", "not proved: how many colors there are is not known"
    if not result.colored:
        return "E", "cache coloring is off: every domain may use every set of the cache"
    if refuted:
        return "E", f"{refuted[0].refutation}" + _more(len(refuted) - 1)
    if open_ones or not separations:
        return "D", f"not proved: {open_ones[0].statement}" + _more(
            len(open_ones) - 1
        ) if open_ones else "nothing proved"
    shares = facts.manifest.policy.shares
    if shares:
        text = "; ".join(f"{' and '.join(share.domains)} ({share.reason})" for share in shares)
        return "C", f"the policy lets share: {text}"
    crossing = [remainder for remainder in remainders if remainder.crosses]
    if crossing:
        crosses = "cross" if crossing[0].what.startswith("devices") else "crosses"
        return "B", f"{crossing[0].what} {crosses} the colors" + _more(len(crossing) - 1)
    return "A", "every separation is proved"


def _remainders(facts: Facts, result: ReleaseResult) -> Iterator[Remainder]:
    if not result.colored or result.system is None:
        known = result.system is None or not result.system.coloring
        why = "without coloring nothing is partitioned" if known else "coloring is on, but its colors are not known"
        yield Remainder("the whole cache", why)
        return
    if result.boot is not None and result.boot.memory_map:
        yield from _uncolored(result.boot)
    yield from _configured(result.system)
    yield from _devices(facts, result.system)
    if _may_meet_on_a_cpu(result.system.domains):
        yield Remainder(
            "L1 caches and TLBs of CPUs shared by several domains",
            "coloring partitions only the last-level cache; pin the vCPUs of each domain to its own CPUs",
        )
    if facts.board is not None and facts.board.system_cache is not None:
        yield Remainder("system cache", "a cache behind the one that is colored; its index is not part of the proof")
    yield Remainder(
        "bus, DRAM, miss registers, write-back path",
        "coloring does not partition them: measured, an attack still cost 15 % of run time (44 % at worst)",
    )


def _uncolored(boot: Boot) -> Iterator[Remainder]:
    """Xen's own uncolored memory, from the memory map."""
    nr_colors = boot.system.nr_colors or 1

    def held(what: str, use: str, why: str) -> Iterator[Remainder]:
        spans = tuple((part.start, part.end) for part in boot.memory_map if part.use == use)
        if spans:
            yield Remainder(what, why, sum(end - start for start, end in spans), by_color(spans, nr_colors))

    yield from held(
        "uncolored (buddy) heap",
        "buddy",
        f"P2M roots, grant frames, vCPU and domain state, shared info pages, stacks, Xen's heap; about "
        f"{_in_use(boot.system)} frames in use after boot (measured: 29 for a domain, 9 for each further vCPU)",
    )
    yield from held(
        "frame table and page tables of Xen", "boot-allocation", "Xen looks up every frame of a domain there"
    )
    yield from held(
        "boot modules", "module", "kernels and ramdisks are read from there; after boot, it goes to the uncolored heap"
    )


def _in_use(system: System) -> int:
    """The frames of the uncolored heap that boot and domains take, measured on 4.20 to 4.22 with one CPU."""
    return 70 + sum(29 + 9 * (domain.vcpus - 1) for domain in system.domains if domain.kind is not DomainKind.DOM0)


def _configured(system: System) -> Iterator[Remainder]:
    """Memory that the files give to domains regardless of colors."""
    for note in system.notes:
        if isinstance(note, StaticSharedMemory):
            yield _range("static shared memory", memory_shared(note), ((note.start, note.end),), system)
        elif isinstance(note, PassthroughMemory):
            yield _range("memory passed through", memory_given(note), ((note.start, note.end),), system)
        elif isinstance(note, PartialTreeUnread):
            yield Remainder("memory that a partial device tree may map", tree_unread(note), crosses=True)
    dom0 = any(domain.kind is DomainKind.DOM0 for domain in system.domains)
    ranges = tuple(_reserved(system)) if dom0 else ()
    if ranges:
        yield _range(
            "reserved memory that dom0 can use", "Xen maps /reserved-memory into dom0 as it is", ranges, system
        )


def _devices(facts: Facts, system: System) -> Iterator[Remainder]:
    """Devices that no IOMMU confines to their domain's memory: a colored domain is not mapped one to one."""
    tree = facts.deployment.tree
    dom0 = any(domain.kind is DomainKind.DOM0 for domain in system.domains)
    if tree is None:
        if dom0 or facts.deployment.guests:
            why = (
                "without a device tree it is not known which devices do DMA and whether an IOMMU keeps them from "
                "other domains' memory"
            )
            yield Remainder("devices not described by any input", why, crosses=True)
        return
    found, used = bus_masters(tree, left_out(facts.deployment)), iommu_enabled(system.arguments)
    masters, possible = (
        [device for device in found.unprotected(dma, used) if dom0 or device.passthrough]
        for dma in (Dma.MASTER, Dma.POSSIBLE)
    )
    if not masters and not possible:
        return
    parts = [f"{len(masters)} that do DMA"] * bool(masters) + [f"{len(possible)} that may do it"] * bool(possible)
    named = ", ".join(device.node.name for device in (*masters, *possible)[:_NAMED])
    more = len(masters) + len(possible) - _NAMED
    yield Remainder(
        f"devices without an IOMMU ({' and '.join(parts)})",
        f"{named}{_more(more)}: their drivers do not program machine addresses, so they may read and write memory "
        f"of any domain and of Xen",
        crosses=True,
    )


def _range(what: str, why: str, ranges: tuple[Span, ...], system: System) -> Remainder:
    """A remainder for ranges in bytes."""
    spans = tuple((start // PAGE, -(-end // PAGE)) for start, end in merged(ranges))
    pages = sum(end - start for start, end in spans)
    return Remainder(what, why, pages, by_color(spans, system.nr_colors or 1), crosses=True)


def _reserved(system: System) -> Iterator[Span]:
    """The ranges of the host's `/reserved-memory`, in bytes; `/memreserve/` is not mapped into dom0."""
    machine = system.preparation.machine if system.preparation else None
    for held in machine.reserved if machine else ():
        if held.label != MEMRESERVE and held not in (machine.static_heap if machine else ()):
            yield held.span


def _may_meet_on_a_cpu(domains: tuple[Domain, ...]) -> bool:
    """Whether two domains may run on the same CPU; one that is not pinned may run on any."""
    pairs = combinations(domains, 2)
    return any(a.cpus is None or b.cpus is None or not set(a.cpus).isdisjoint(b.cpus) for a, b in pairs)


def by_color(spans: tuple[Span, ...], nr_colors: int) -> tuple[int, ...]:
    """The frames of each color in disjoint spans of frames."""
    return BootLists(nr_colors, spans).totals()


def _more(count: int) -> str:
    return f", and {count} more" if count > 0 else ""
