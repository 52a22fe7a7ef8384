"""The lifecycle after boot: guests are created, destroyed and rebooted, domains balloon, and colors lose frames.

A frame that a domain gives back never returns to its color: it goes to the uncolored heap for good
(`colorcheck.xen.memory.color_heap`). So each creation, also one that fails, takes from the colors what it takes, a
destruction gives nothing back, and ballooning down and up again costs its whole size. Isolation is not touched,
capacity is.

Measured with xl of 4.20 (guests and dom0's balloon), and by ballooning on 4.21.2 and 4.22.0.
Works on counts alone: a step costs as much as there are colors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.units import PAGE
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind
from colorcheck.xen.memory.building import NO_MEMORY, guest_plan
from colorcheck.xen.memory.leveling import level
from colorcheck.xen.system import Domain


class Create(Struct, frozen=True):
    """`xl create`: `wanted` is the guest as its file asks for it; None: as the boot knows the domain of that name."""

    name: str
    wanted: Domain | None = None


class Destroy(Struct, frozen=True):
    """The domain ends: `xl destroy`, or it shuts down."""

    name: str


class Reboot(Struct, frozen=True):
    """The domain ends and is created again as it was."""

    name: str


class Balloon(Struct, frozen=True):
    """`xl mem-set`: the domain's memory becomes `kib` KiB."""

    name: str
    kib: int


Step = Create | Destroy | Reboot | Balloon


class HeapState(Struct, frozen=True):
    """The color heap after a step.

    `created` tells whether a creation worked, None if nothing was to be created; `taken` are the frames that left
    the colors, `lost` those that went to the uncolored heap, for good.
    """

    step: Step | None
    heap: tuple[int, ...]
    created: bool | None = None
    failure: Failure | None = None
    taken: int = 0
    lost: int = 0

    def to_dict(self) -> dict[str, object]:
        return {
            "step": _told(self.step),
            "created": self.created,
            "failure": self.failure.to_dict() if self.failure else None,
            "taken_pages": self.taken,
            "lost_pages": self.lost,
            "heap": list(self.heap),
        }


class Lived(Struct, frozen=True):
    """The states under one release after each step; empty, with the reason in `stopped`, if the boot fails."""

    release: str
    states: tuple[HeapState, ...] = ()
    stopped: str = ""

    def to_dict(self) -> dict[str, object]:
        return {
            "xen": self.release,
            "stopped": self.stopped or None,
            "steps": [state.to_dict() for state in self.states],
        }


def _told(step: Step | None) -> dict[str, object] | None:
    if step is None:
        return None
    kind = type(step).__name__.lower()
    return {"kind": kind, "name": step.name, **({"kib": step.kib} if isinstance(step, Balloon) else {})}


class _Alive(Struct, frozen=True):
    """A domain that is there: how it is asked for, the pages of its memory now, all frames that it holds."""

    domain: Domain
    pages: int
    held: int


class _Host(Struct):
    boot: Boot
    free: tuple[int, ...]
    alive: dict[str, _Alive] = field(default_factory=dict)
    down: Failure | None = None

    def does(self, step: Step) -> HeapState:
        if self.down is not None:
            created = False if isinstance(step, Create | Reboot) else None
            return HeapState(step, self.free, created, Failure(FailureKind.HOST_PANIC, self.down.message))
        match step:
            case Create(name, wanted):
                return self._create(step, name, wanted or self._known(name))
            case Destroy("dom0") | Reboot("dom0"):
                return HeapState(step, self.free, None, Failure(FailureKind.OTHER, "dom0 ends with the host"))
            case Destroy(name):
                gone = self.alive.pop(name, None)
                return self._missing(step) if gone is None else HeapState(step, self.free, lost=gone.held)
            case Reboot(name):
                gone = self.alive.pop(name, None)
                if gone is None:
                    return replace(self._missing(step), created=False)
                after = self._create(step, name, gone.domain.as_guest())
                return replace(after, lost=after.lost + gone.held)
            case Balloon(name, kib):
                return self._balloon(step, name, kib)

    def _known(self, name: str) -> Domain | None:
        known = (domain for domain in self.boot.system.domains if domain.name == name)
        return next((domain.as_guest() for domain in known if domain.kind is not DomainKind.DOM0), None)

    def _missing(self, step: Step) -> HeapState:
        return HeapState(step, self.free, None, Failure(FailureKind.OTHER, f"unknown domain {step.name}"))

    def _create(self, step: Step, name: str, domain: Domain | None) -> HeapState:
        if domain is None or name in self.alive:
            text = f"{name} already exists" if domain else f"no file defines {name}"
            return HeapState(step, self.free, False, Failure(FailureKind.XL_REJECTS, text))
        prepared = self.boot.system.preparation
        if prepared is None:
            return HeapState(step, self.free, False, Failure(FailureKind.OTHER, "nothing is known about this host"))
        plan = guest_plan(domain, prepared, self.boot.system.release.traits)
        taken = self._take(domain, plan.pages)
        failure = NO_MEMORY if taken < plan.pages else plan.failure
        if failure is None:
            self.alive[name] = _Alive(domain, domain.pages, taken)
            return HeapState(step, self.free, True, None, taken)
        if failure.kind is FailureKind.HOST_PANIC:
            self.down = failure
        return HeapState(step, self.free, False, failure, taken, taken)

    def _balloon(self, step: Balloon, name: str, kib: int) -> HeapState:
        """Down, the frames are lost at once; up, the domain takes what its colors have, up to its first size."""
        alive = self.alive.get(name)
        if alive is None:
            return self._missing(step)
        wanted = max(0, kib) * 1024 // PAGE
        if wanted > alive.domain.pages:
            text = f"{kib} KiB is more than {name} may have"
            return HeapState(step, self.free, None, Failure(FailureKind.OTHER, text))
        if wanted <= alive.pages:
            lost = alive.pages - wanted
            self.alive[name] = replace(alive, pages=wanted, held=alive.held - lost)
            return HeapState(step, self.free, lost=lost)
        taken = self._take(alive.domain, wanted - alive.pages)
        missing = wanted - alive.pages - taken
        self.alive[name] = replace(alive, pages=alive.pages + taken, held=alive.held + taken)
        short = Failure(FailureKind.DOMAIN_MEMORY, f"{missing} frames are missing") if missing else None
        return HeapState(step, self.free, None, short, taken)

    def _take(self, domain: Domain, pages: int) -> int:
        """Takes frames of the domain's colors, as many as there are."""
        if not pages:
            return 0
        order = tuple(dict.fromkeys(color for color in domain.colors if color < len(self.free)))
        taken = level([self.free[color] for color in order], pages)
        free = list(self.free)
        for color, count in zip(order, taken, strict=True):
            free[color] -= count
        self.free = tuple(free)
        return sum(taken)


def lifecycle(boot: Boot, steps: Iterable[Step]) -> Iterator[HeapState]:
    """The state after each step that follows on a boot with all the guests that the files name.

    Raises ValueError for a boot that ends without a color heap.
    """
    if boot.heap is None or boot.panic:
        raise ValueError("this boot ends without a color heap, so no guest can be created after it")
    alive = {
        built.domain.name: _Alive(built.domain, built.domain.pages, sum(count for _, count in built.pages_by_color))
        for built in boot.built
        if built.created
    }
    down = next((b.failure for b in boot.built if b.failure and b.failure.kind is FailureKind.HOST_PANIC), None)
    host = _Host(boot, boot.free_final, alive, down)
    return (host.does(step) for step in steps)
