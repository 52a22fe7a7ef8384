"""The shapes of the planner's documents: plans, fronts, profiles of domains, and the undo file of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from colorcheck.documents.shapes import EditShape, PlaceShape, Shape


class ReachedShape(Shape, frozen=True):
    """The value of an objective in a plan, and the bound that no plan passes; null if none is known."""

    name: str
    value: float
    bound: float | None
    unit: str


class AssignedShape(Shape, frozen=True):
    """The colors of a domain, the pages that it needs, and those that its colors have."""

    name: str
    colors: list[int]
    pages_needed: int
    pages_available: int


class RequirementShape(PlaceShape, frozen=True, kw_only=True):
    """A requirement that takes part in a conflict."""

    name: str
    text: str


class RepairShape(Shape, frozen=True):
    """A change that alone resolves a conflict."""

    kind: str
    text: str
    subjects: list[str]
    amount: Any
    edits: list[EditShape]


class HasShape(Shape, frozen=True):
    """The resources of a domain with some colors: cache in bytes, margin in pages, creations before a reboot."""

    colors: list[int]
    cache_bytes: int | None
    l1d_bytes: int | None
    margin_pages: int | None
    creations: int | None
    dram_banks: int | None
    ranges: int


class CostShape(Shape, frozen=True):
    """A domain before and after, and the number of lines that change for it."""

    name: str
    before: HasShape
    after: HasShape
    lines: int


class GainShape(Shape, frozen=True):
    """The value of an objective in a full plan and in the smallest change."""

    name: str
    smallest_change: float | None
    full: float | None
    unit: str


class NewFileShape(Shape, frozen=True):
    """A file that the plan adds; `content` in Base64."""

    file: str
    content: str


class PlanShape(Shape, frozen=True):
    """`colorcheck/plan/1`. `inputs` and `new_files` are in saved plans; `inputs` have names and SHA-256."""

    schema: Literal["colorcheck/plan/1"]
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    reason: str
    objective: list[ReachedShape]
    domains: list[AssignedShape]
    core: list[RequirementShape]
    repairs: list[RepairShape]
    edits: list[EditShape]
    evidence: Mapping[str, Any]
    costs: list[CostShape]
    full: list[GainShape]
    inputs: list[Mapping[str, str]]
    new_files: list[NewFileShape] | UnsetType = UNSET


class GoalShape(Shape, frozen=True):
    """An objective of a front."""

    name: str
    unit: str


class ColoredShape(Shape, frozen=True):
    """A domain with its colors."""

    name: str
    colors: list[int]


class PointShape(Shape, frozen=True):
    """A plan of the front: its value of each objective, and the colors of all domains."""

    objectives: Mapping[str, int]
    domains: list[ColoredShape]


class FrontShape(Shape, frozen=True):
    """`colorcheck/front/1`; `reason` says why it is not complete."""

    schema: Literal["colorcheck/front/1"]
    objectives: list[GoalShape]
    complete: bool
    reason: str
    front: list[PointShape]


class ProfilePointShape(Shape, frozen=True):
    """The cost of a domain with this number of colors."""

    colors: int
    value: float


class ProfileShape(Shape, frozen=True):
    """`colorcheck/profile/1`: the costs of a domain with 1, 2, … colors, and how they were measured."""

    schema: Literal["colorcheck/profile/1"]
    domain: str
    unit: str
    measured: str
    points: list[ProfilePointShape]


class UndoneFileShape(Shape, frozen=True):
    """A file before the plan was written, in Base64 (null: there was none), and the SHA-256 of what was written."""

    file: str
    before: str | None
    sha256: str


class PlanUndoShape(Shape, frozen=True):
    """`colorcheck/plan-undo/1`: what `plan --undo` restores."""

    schema: Literal["colorcheck/plan-undo/1"]
    files: list[UndoneFileShape]
