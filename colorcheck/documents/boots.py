"""The results of `effective` and `replay`, as values with their JSON documents."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Board
from colorcheck.hardware.index import UnknownIndex
from colorcheck.replay.places import places, stretches
from colorcheck.replay.steps import number_of, steps
from colorcheck.verification.results import Facts, Modelled, ReleaseResult
from colorcheck.xen.booted import Boot, Built, Interval
from colorcheck.xen.kinds import Note
from colorcheck.xen.machine.intervals import merged
from colorcheck.xen.memory.frames import Frames
from colorcheck.xen.system import Domain, System

FIRST_FRAMES = 8  # frames of a color that `at` names


class Effective(Struct, frozen=True):
    """What each release does with a deployment. The document is that of the first release, the others are in `also`."""

    verification: Modelled

    @property
    def facts(self) -> Facts:
        return self.verification.facts

    def to_dict(self) -> dict[str, object]:
        """The document `colorcheck/effective/1`."""
        first, *others = [_effective(result) for result in self.facts.results]
        return {"schema": "colorcheck/effective/1", **first, **_also(others)}


class Replay(Struct, frozen=True):
    """The boot of a deployment.

    The document is that of the first release, the others are in `also`. `until` ends it after a step, a name or a
    number; `at` adds the frames of a domain (or of `xen`).
    """

    verification: Modelled
    until: str = ""
    at: str = ""

    @property
    def facts(self) -> Facts:
        return self.verification.facts

    def to_dict(self, *, frames: bool | Callable[[Frames], object] = True) -> dict[str, object]:
        """The document `colorcheck/replay/1`; without `frames` it omits the owners of frames.

        A function for `frames` returns a replacement for a domain's frames.
        """
        first, *others = [self._replayed(result, frames) for result in self.facts.results]
        return {"schema": "colorcheck/replay/1", **first, **_also(others)}

    def _replayed(self, result: ReleaseResult, frames: bool | Callable[[Frames], object]) -> dict[str, object]:
        found = _replay(result, self.until, frames)
        if self.facts.handover is not None and self.facts.handover.stopped:
            found["outcome"] = "stopped"  # the boot loader never starts Xen
        if self.at and result.boot is not None:
            found["at"] = _at(result.boot, self.at, self.facts.board)
        return found


def _also(others: list[dict[str, object]]) -> dict[str, object]:
    return {"also": others} if others else {}


def _effective(result: ReleaseResult) -> dict[str, object]:
    system = result.system
    if system is None:
        return {"line": result.release, "coloring": None, "nr_colors": None, "xen": None, "domains": [], "notes": []}
    return {
        "line": result.release,
        "coloring": system.coloring,
        "nr_colors": system.nr_colors,
        "xen": {"colors": sorted(system.xen_colors), "source": str(system.xen_source)},
        "domains": [_domain(domain) for domain in system.domains],
        "panic": system.panic.to_dict() if system.panic else None,
        "notes": [_note(note) for note in system.notes],
    }


def _domain(domain: Domain) -> dict[str, object]:
    return {
        "id": domain.id,
        "name": domain.name,
        "kind": str(domain.kind),
        "colors": sorted(domain.colors),
        "source": str(domain.source),
        "failure": domain.failure.to_dict() if domain.failure else None,
        "pool": None if domain.pool is None else f"Pool-{domain.pool}",
        "vcpus": [{"may_run": None if cpus is None else list(cpus)} for cpus in domain.vcpu_cpus],
        "location": domain.location.to_dict(),
    }


def _note(note: Note) -> dict[str, object]:
    from colorcheck.rules import said

    return {
        "kind": note.KIND,
        "domain": note.domain,
        "message": said(note),
        "location": note.location.to_dict(),
    }


def _replay(result: ReleaseResult, until: str, frames: bool | Callable[[Frames], object]) -> dict[str, object]:
    system, boot = result.system, result.boot
    if system is None or boot is None:
        return {"line": result.release, "outcome": "unknown", "panic": None, "nr_colors": None, "domains": []}
    outcome = result.worlds.outcome() if result.worlds is not None else boot.outcome
    open_facts = result.worlds.open if result.worlds is not None else {}
    if (result.worlds is not None and result.worlds.branches) or not boot.reads.isdisjoint(open_facts):
        frames = False  # the owners of frames differ between worlds
    every = steps(boot)
    shown = every[: number_of(every, until)] if until else every
    free = next((step.free for step in reversed(shown) if step.free), ()) if until else boot.free_final
    built = [step.built for step in shown if step.built] if until else _all_built(system, boot)
    return {
        "line": result.release,
        "outcome": outcome,
        "panic": boot.panic.to_dict() if outcome == "panics" and boot.panic else None,
        "nr_colors": system.nr_colors,
        "xen": {"colors": _xen_colors(system), "region": list(boot.xen_region) if boot.xen_region else None},
        "heap": {
            "initial": list(boot.free_initial),
            "final": list(free),
            "buddy_reserved_pages": boot.buddy_reserved_pages,
            "buddy_initial_pages": boot.buddy_initial_pages,
        },
        "memory_map": [_part(part) for part in boot.memory_map],
        "steps": [{"name": step.name, "title": step.title, "free": list(step.free)} for step in shown],
        "domains": [_built(each, frames) for each in built],
    }


def _part(part: Interval) -> dict[str, object]:
    """A part of the memory map, in bytes."""
    return {"start": part.start * PAGE, "end": part.end * PAGE, "use": part.use, "label": part.label}


def _at(boot: Boot, owner: str, board: Board | None) -> dict[str, object] | None:
    """The frames of an owner; None if the boot does not reach it. `cache_sets` are [first, last]."""
    try:
        found = places(boot, owner)
    except KeyError:
        return None
    llc = board.boot_cluster.llc if board else None
    index = None if llc is None or isinstance(llc.index, UnknownIndex) else llc.index
    return {
        "domain": owner,
        "frames": sum(place.count for place in found),
        "stretches": [{"start": low, "end": high + 1, "frames": count} for low, high, count in stretches(boot, found)],
        "colors": [
            {
                "color": place.color,
                "frames": place.count,
                "first_mfns": list(place.first(FIRST_FRAMES)),
                "cache_sets": _ranges(place.cache_sets(index)) if index else None,
            }
            for place in found
        ],
    }


def _ranges(numbers: frozenset[int]) -> list[list[int]]:
    return [[start, end - 1] for start, end in merged((number, number + 1) for number in numbers)]


def _xen_colors(system: System) -> list[int]:
    """Xen's colors in its own order, which decides which of them it uses."""
    return list(system.xen_colors)


def _all_built(system: System, boot: Boot) -> list[Built]:
    """Every domain of the system; one that the boot never reached is listed as not created."""
    met = {built.domain.id: built for built in boot.built}
    never = [Built(domain, False, domain.failure, (), 0, (), ()) for domain in system.domains if domain.id not in met]
    return [*boot.built, *never]


def _built(built: Built, frames: bool | Callable[[Frames], object]) -> dict[str, object]:
    domain = built.domain
    found: dict[str, object] = {
        "id": domain.id,
        "name": domain.name,
        "kind": str(domain.kind),
        "created": built.created,
        "failure": built.failure.to_dict() if built.failure else None,
        "colors": sorted(domain.colors),
        "pages": domain.nr_pages,
        "pages_by_color": {str(color): pages for color, pages in built.pages_by_color},
        "p2m_pages": built.p2m_pages,
    }
    if frames:
        found["frames"] = [list(run) for run in built.frames] if frames is True else frames(built.frames)
    return found
