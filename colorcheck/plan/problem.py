"""A planning problem and its answer, as values; `pose` creates problems."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import asdict, force_setattr

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Related
from colorcheck.core.source import Location
from colorcheck.core.units import MIB

NO_COLORS = ColorSet()


def exact(number: float) -> Fraction:
    """The exact decimal number, not the nearest binary one."""
    return Fraction(int(number)) if number == int(number) else Fraction(str(number))


NOWHERE = Location("")
DEFAULT_OBJECTIVES = ("critical", "weights", "margin", "changes")


class Demand(Struct, frozen=True):
    """The needs and requirements of a domain, or of Xen with its image.

    `pages` are the frames that it takes from its colors (0 for Xen's image, which is in a separate region).
    `min_reason` is the reason for the minimum, `advised` means that it was not requested, `purpose` what the frames are
    for in addition to one boot. `keep` fixes today's colors, or those of `pin`. `curve` has costs measured with 1, 2, …
    colors; the last one applies to more, and `tolerance` is how much worse than the best it may be (0.1 is 10 %). A
    `critical` one is served first, up to `share` colors. `again` is the frames of a further creation by a toolstack (0
    if it cannot be created), of which `restarts` are included in `pages`.
    """

    name: str
    pages: int
    min_colors: int = 1
    min_reason: str = ""
    max_colors: int | None = None
    weight: float = 1.0
    today: ColorSet = NO_COLORS
    keep: bool = False
    curve: tuple[float, ...] = ()
    location: Location = NOWHERE
    memory_location: Location = NOWHERE
    critical: bool = False
    share: int = 1
    tolerance: float | None = None
    pin: ColorSet | None = None
    advised: bool = False
    purpose: str = ""
    unit: str = "misses"
    again: int = 0
    restarts: int = 0

    @property
    def fixed(self) -> ColorSet:
        """Its colors in every plan if `keep` is set."""
        return self.today if self.pin is None else self.pin

    @property
    def limit(self) -> Fraction | None:
        """The maximum cost on its curve; None if not given."""
        if self.tolerance is None or not self.curve:
            return None
        return min(map(exact, self.curve)) * (1 + exact(self.tolerance))

    def tolerates(self, colors: int) -> bool:
        """Whether its curve allows so many colors."""
        limit = self.limit
        return limit is None or exact(self.curve[min(max(1, colors), len(self.curve)) - 1]) <= limit

    @property
    def tolerated(self) -> int:
        """The fewest colors with which its curve is within the tolerance; 1 without a tolerance."""
        return next((count for count in range(1, len(self.curve) + 1) if self.tolerates(count)), 1)


class PlanProblem(Struct, frozen=True):
    """The constraints of a plan.

    `capacity` has the free frames of each color before any domain is built. `cells` are sets of colors that must have
    the same owner because a shared cache does not distinguish them (or, with separate banks, a DRAM bank): all of the
    same size; by default, each color is a cell. `shares` are groups of names that may share colors; `max_ranges` limits
    the ranges of neighboring colors per owner. `timeout` is in seconds. `recapacity` gives the capacities with another
    buddy reserve, in bytes; `reserve` is today's, `least_reserve` the smallest that may be proposed. `color_bytes` is
    the size of a color in the last-level cache; None if not known.
    """

    capacity: tuple[int, ...]
    demands: tuple[Demand, ...]
    cells: tuple[ColorSet, ...] = ()
    shares: tuple[tuple[str, ...], ...] = ()
    objectives: tuple[str, ...] = ()
    max_ranges: int | None = None
    timeout: float = 10.0
    reserve: int | None = None
    least_reserve: int = MIB
    recapacity: Callable[[int], tuple[int, ...] | None] | None = None
    color_bytes: int | None = None

    @property
    def nr_colors(self) -> int:
        return len(self.capacity)

    def __post_init__(self) -> None:
        if not self.cells:  # each color is a cell
            force_setattr(self, "cells", tuple(ColorSet.of([color]) for color in range(self.nr_colors)))

    def held(self, colors: ColorSet) -> int:
        """The total frames of these colors."""
        return sum(self.capacity[color] for color in colors)


class Assigned(Struct, frozen=True):
    """The colors of one owner in a plan, with the frames needed and held; both for all owners who share them."""

    name: str
    colors: ColorSet
    pages_needed: int
    pages_available: int

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "colors": list(self.colors),
            "pages_needed": self.pages_needed,
            "pages_available": self.pages_available,
        }


class Reached(Struct, frozen=True):
    """An objective: its value in the plan and the bound that no plan passes; equal where the plan is optimal."""

    name: str
    value: float
    bound: float
    unit: str = ""

    @property
    def optimal(self) -> bool:
        return self.value == self.bound

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "value": self.value, "bound": self.bound, "unit": self.unit}


class Gain(Struct, frozen=True):
    """An objective: its value in a full plan, and in the smallest change."""

    name: str
    now: float
    then: float
    unit: str = ""

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "smallest_change": self.now, "full": self.then, "unit": self.unit}


class Requirement(Struct, frozen=True):
    """One of several demands that cannot all be met together: its name and its location."""

    name: str
    text: str
    location: Location

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "text": self.text, **self.location.to_dict()}

    def related(self) -> Related:
        return Related(self.location, self.text)


class RepairKind(StrEnum):
    """What a repair changes."""

    COLORS = "colors"
    MEMORY = "memory"
    SHARE = "share"
    RESERVE = "reserve"
    MODULE = "module"
    KEEP = "keep"
    TOLERANCE = "tolerance"


class Repair(Struct, frozen=True):
    """A smallest change that makes a plan possible; that was verified.

    `amount` is the number of colors or MiB, or the new address of a module. `edits` are given if the change is only a
    value in the files.
    """

    kind: RepairKind
    text: str
    subjects: tuple[str, ...]
    amount: int = 0
    edits: tuple[Edit, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "text": self.text,
            "subjects": list(self.subjects),
            "amount": self.amount,
            "edits": [each.to_dict() for each in self.edits],
        }


class PlanEvidence(Struct, frozen=True):
    """The evidence for a plan, in words; empty or None if not applicable.

    `smallest_change` says whether all smaller changes than that of `files` and `lines` were excluded;
    `buddy_alloc_size` is in bytes.
    """

    method: str = ""
    bounds: str = ""
    tables_checked: int | None = None
    evaluator: str = ""
    seconds: float | None = None
    smallest_change: str = ""
    files: int | None = None
    lines: int | None = None
    booted: str = ""
    buddy_alloc_size: int | None = None

    def to_dict(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


class Plan(Struct, frozen=True):
    """The answer. `status` is optimal, feasible, infeasible or unknown; `evidence` supports it."""

    status: str
    objective: tuple[Reached, ...] = ()
    domains: tuple[Assigned, ...] = ()
    core: tuple[Requirement, ...] = ()
    repairs: tuple[Repair, ...] = ()
    edits: tuple[Edit, ...] = ()
    evidence: PlanEvidence = PlanEvidence()
    reason: str = ""

    def colors(self, name: str) -> ColorSet:
        """The colors of one owner; empty if the plan has none for it."""
        return next((each.colors for each in self.domains if each.name == name), ColorSet())

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": "colorcheck/plan/1",
            "status": self.status,
            "reason": self.reason,
            "objective": [each.to_dict() for each in self.objective],
            "domains": [each.to_dict() for each in self.domains],
            "core": [each.to_dict() for each in self.core],
            "repairs": [each.to_dict() for each in self.repairs],
            "edits": [each.to_dict() for each in self.edits],
            "evidence": self.evidence.to_dict(),
        }
