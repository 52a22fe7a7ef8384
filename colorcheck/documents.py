"""What `effective` and `replay` answer, as values with their JSON documents."""

from __future__ import annotations

from dataclasses import dataclass

from colorcheck.results import Facts, Outlook, Verification
from colorcheck.xen.system import Boot, Built, Domain, Note, System


@dataclass(frozen=True, slots=True)
class Effective:
    """What each Xen makes of a deployment. The document is that of the first line, the others stand in `also`."""

    verification: Verification

    @property
    def facts(self) -> Facts:
        return self.verification.facts

    def to_dict(self) -> dict[str, object]:
        """The document `colorcheck/effective/1`."""
        first, *others = [_effective(outlook) for outlook in self.facts.outlooks]
        return {"schema": "colorcheck/effective/1", **first, **_also(others)}


@dataclass(frozen=True, slots=True)
class Replay:
    """How the boot of a deployment goes. The document is that of the first line, the others stand in `also`."""

    verification: Verification

    @property
    def facts(self) -> Facts:
        return self.verification.facts

    def to_dict(self, *, frames: bool = True) -> dict[str, object]:
        """The document `colorcheck/replay/1`; without `frames` it leaves out which frame is whose."""
        first, *others = [_replay(outlook, frames) for outlook in self.facts.outlooks]
        return {"schema": "colorcheck/replay/1", **first, **_also(others)}


def _also(others: list[dict[str, object]]) -> dict[str, object]:
    return {"also": others} if others else {}


def _effective(outlook: Outlook) -> dict[str, object]:
    system = outlook.system
    if system is None:
        return {"line": outlook.line, "coloring": None, "nr_colors": None, "xen": None, "domains": [], "notes": []}
    return {
        "line": outlook.line,
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
        "location": domain.location.to_dict(),
    }


def _note(note: Note) -> dict[str, object]:
    return {
        "kind": note.kind,
        "domain": note.domain,
        "message": note.message,
        "location": note.location.to_dict(),
    }


def _replay(outlook: Outlook, frames: bool) -> dict[str, object]:
    system, boot = outlook.system, outlook.boot
    if system is None or boot is None:
        return {"line": outlook.line, "outcome": "unknown", "panic": None, "nr_colors": None, "domains": []}
    return {
        "line": outlook.line,
        "outcome": boot.outcome,
        "panic": boot.panic.to_dict() if boot.panic else None,
        "nr_colors": system.nr_colors,
        "xen": {"colors": _xen_colors(system), "region": list(boot.xen_region) if boot.xen_region else None},
        "heap": {
            "initial": list(boot.free_initial),
            "final": list(boot.free_final),
            "buddy_reserved_pages": boot.buddy_reserved_pages,
            "buddy_initial_pages": boot.buddy_initial_pages,
        },
        "domains": [_built(built, frames) for built in _all_built(system, boot)],
    }


def _xen_colors(system: System) -> list[int]:
    """In Xen's own order: that decides which of them it uses."""
    return list(system.xen_colors)


def _all_built(system: System, boot: Boot) -> list[Built]:
    """Every domain of the system; one that the boot never came to counts as not created."""
    met = {built.domain.id: built for built in boot.built}
    never = [Built(domain, False, domain.failure, (), 0, (), ()) for domain in system.domains if domain.id not in met]
    return [*boot.built, *never]


def _built(built: Built, frames: bool) -> dict[str, object]:
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
        found["frames"] = [list(run) for run in built.frames]
    return found
