"""The shapes of the JSON documents, as types: their JSON Schemas are generated from them, and tests validate documents.

Addresses and sizes are in bytes, colors are sorted lists of integers, counts of pages integers. Optional keys have the
default UNSET. Sections whose shape depends on their content (a witness, a certificate) are open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

Severity = Literal["error", "warning", "info"]
VerdictName = Literal["proved", "refuted", "unknown", "vacuous"]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """The base of all shapes: unknown keys are forbidden."""


class PlaceShape(Shape, frozen=True):
    """A place in a file; lines and columns count from 1, 0 if there is none.

    `node` and `property` are those of a tree.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    node: str | UnsetType = UNSET
    property: str | UnsetType = UNSET


class RelatedShape(PlaceShape, frozen=True, kw_only=True):
    """A related place, and its meaning."""

    message: str


class EditShape(PlaceShape, frozen=True, kw_only=True):
    """Replace the text at a place."""

    new_text: str


class FindingShape(Shape, frozen=True):
    """One finding of a rule; `page` is the address of the rule's page, or the command that prints it."""

    rule: str
    name: str
    severity: Severity
    confidence: Literal["high", "medium", "low"]
    message: str
    help: str
    page: str
    location: PlaceShape
    related: list[RelatedShape]
    witness: Any
    fix: list[EditShape]


class AssumptionShape(Shape, frozen=True):
    """An assumption of a theorem."""

    text: str
    source: str
    trust: Literal["checked", "measured", "documented", "trusted"]


class WorldShape(Shape, frozen=True):
    """A world that was tried: values of open facts, and the theorem's verdict in it."""

    values: Mapping[str, str]
    verdict: VerdictName
    reason: str


class StatedTheoremShape(Shape, frozen=True):
    """The keys of a theorem in every document."""

    id: str
    kind: str
    statement: str
    mathematics: str
    subjects: list[str]
    verdict: VerdictName
    assumptions: list[AssumptionShape]
    core: list[RelatedShape]
    witness: Any
    reason: str
    certificate: Any
    facts: list[str]
    worlds: list[WorldShape]
    settle: list[str]
    bound: str


class TheoremShape(StatedTheoremShape, frozen=True):
    """A theorem with its weakest answer, and the verdict under each release."""

    seconds: float
    releases: Mapping[str, VerdictName]
    asked: bool


class OpenFactShape(Shape, frozen=True):
    """An open fact: why it is open, and the lines that settle it."""

    what: str
    why: str
    settle: list[str]
    location: PlaceShape


class SkippedShape(Shape, frozen=True):
    """A check that could not run, and why."""

    check: str
    reason: str
    xen: str


class TraceProofShape(Shape, frozen=True):
    """The evidence for a theorem: its SMT-LIB file, null without one, and whether a certificate by counting exists."""

    statement: str
    file: str | None
    sha256: str | None
    counted: bool


class TraceEvidenceShape(Shape, frozen=True):
    """A theorem or a rule behind a requirement; `proof` only in an evidence folder."""

    pattern: str
    kind: str
    subject: str
    xen: str | None
    status: str
    told: str
    proof: TraceProofShape | UnsetType = UNSET


class TracedShape(Shape, frozen=True):
    """A requirement and its evidence."""

    id: str
    status: str
    patterns: list[str]
    evidence: list[TraceEvidenceShape]
    location: PlaceShape


class SilencedShape(Shape, frozen=True):
    """A finding that is not reported, where it was silenced, why, and by what."""

    finding: FindingShape
    location: PlaceShape
    reason: str
    by: Literal["silenced", "ignored", "baselined"]


class FaultShape(Shape, frozen=True):
    """A fault of colorcheck itself."""

    where: str
    message: str


class TimeLimitShape(Shape, frozen=True):
    """The time limit of the run, and the number of theorems for which it did not suffice."""

    seconds: float
    undecided: int


class RemainderShape(Shape, frozen=True):
    """Something that domains still share; `crosses` is set if the configuration gives frames of any color to a
    domain.
    """

    what: str
    why: str
    pages: int | None
    pages_by_color: list[int] | None
    crosses: bool


class ResidueShape(Shape, frozen=True):
    """What stays shared under a release, and the resulting grade."""

    xen: str
    grade: str
    meaning: str
    reason: str
    remainders: list[RemainderShape]


class TargetShape(Shape, frozen=True):
    """The target of the checks."""

    xen: str
    xen_lines: list[str]
    board: str | None
    board_title: str | None
    nr_colors: int | None
    nr_colors_by_xen: Mapping[str, int | None]
    manifest: str


class SummaryShape(Shape, frozen=True):
    """Counts: findings by severity, theorems by verdict, and items that are open, unread or not shown."""

    errors: int
    warnings: int
    infos: int
    proved: int
    refuted: int
    unknown: int
    vacuous: int
    not_asked: int
    open: int
    unread: int
    silenced: int
    ignored: int
    baselined: int


class VerifyShape(Shape, frozen=True):
    """`colorcheck/verify/2`. `evidence` is in the report of an evidence folder: hashes, command and grade."""

    schema: Literal["colorcheck/verify/2"]
    tool_version: str
    target: TargetShape
    findings: list[FindingShape]
    theorems: list[TheoremShape]
    requirements: list[TracedShape]
    open: list[OpenFactShape]
    time_limit: TimeLimitShape | None
    silenced: list[SilencedShape]
    skipped: list[SkippedShape]
    faults: list[FaultShape]
    seconds: Mapping[str, float]
    summary: SummaryShape
    residue: list[ResidueShape] | UnsetType = UNSET
    evidence: Mapping[str, Any] | UnsetType = UNSET


class TheoremUnderRelease(StatedTheoremShape, frozen=True):
    """A theorem under one release, which `xen` names."""

    seconds: float
    xen: str


class SummaryOfOldShape(Shape, frozen=True):
    """Counts: findings by severity, theorems by verdict, each under each release."""

    errors: int
    warnings: int
    infos: int
    proved: int
    refuted: int
    unknown: int
    vacuous: int


class VerifyOldShape(Shape, frozen=True):
    """`colorcheck/verify/1`: `--format json-1`, each theorem once for each release."""

    schema: Literal["colorcheck/verify/1"]
    tool_version: str
    target: TargetShape
    findings: list[FindingShape]
    theorems: list[TheoremUnderRelease]
    requirements: list[TracedShape]
    open: list[OpenFactShape]
    time_limit: TimeLimitShape | None
    silenced: list[SilencedShape]
    skipped: list[SkippedShape]
    faults: list[FaultShape]
    seconds: Mapping[str, float]
    summary: SummaryOfOldShape
    residue: list[ResidueShape] | UnsetType = UNSET


class ColorsOfXen(Shape, frozen=True):
    """Xen's own colors and where they come from."""

    colors: list[int]
    source: str


class VcpuShape(Shape, frozen=True):
    """The CPUs, as Xen numbers them, on which a vCPU may run; null if open."""

    may_run: list[int] | None


class EffectiveDomain(Shape, frozen=True):
    """A domain as Xen will build it."""

    id: int
    name: str
    kind: Literal["dom0", "dom0less", "xl"]
    colors: list[int]
    source: str
    failure: Any
    pool: str | None
    vcpus: list[VcpuShape]
    location: PlaceShape


class NoteShape(Shape, frozen=True):
    """A note of the model."""

    kind: str
    domain: str
    message: str
    location: PlaceShape


class EffectiveOfRelease(Shape, frozen=True):
    """What one release of Xen does with the files."""

    line: str
    coloring: bool | None
    nr_colors: int | None
    xen: ColorsOfXen | None
    domains: list[EffectiveDomain]
    notes: list[NoteShape]
    panic: Any = None


class EffectiveShape(EffectiveOfRelease, frozen=True, kw_only=True):
    """`colorcheck/effective/1`: the first release; the others are in `also`."""

    schema: Literal["colorcheck/effective/1"]
    also: list[EffectiveOfRelease] | UnsetType = UNSET
    facts: list[Any] | UnsetType = UNSET
    open: list[OpenFactShape] | UnsetType = UNSET
    unread: list[Any] | UnsetType = UNSET


class XenRegion(Shape, frozen=True):
    """Xen's colors in its own order, and [start, end) of the region that it moves to."""

    colors: list[int]
    region: list[int] | None


class HeapShape(Shape, frozen=True):
    """Free pages of each color before and after the domains, and those of the buddy heap."""

    initial: list[int]
    final: list[int]
    buddy_reserved_pages: int
    buddy_initial_pages: int


class PartShape(Shape, frozen=True):
    """A part of the memory map, in bytes."""

    start: int
    end: int
    use: str
    label: str


class StepShape(Shape, frozen=True):
    """A step of the boot, and the free pages of each color after it."""

    name: str
    title: str
    free: list[int]


class BuiltShape(Shape, frozen=True):
    """A domain as it was built, or not; `frames` are runs of (first frame, step, count)."""

    id: int
    name: str
    kind: Literal["dom0", "dom0less", "xl"]
    created: bool
    failure: Any
    colors: list[int]
    pages: int
    pages_by_color: Mapping[str, int]
    p2m_pages: int
    frames: list[list[int]] | UnsetType = UNSET


class ReplayOfRelease(Shape, frozen=True):
    """The boot under one release."""

    line: str
    outcome: Literal["boots", "panics", "hangs", "stopped", "unknown"]
    panic: Any
    nr_colors: int | None
    domains: list[BuiltShape]
    xen: XenRegion | UnsetType = UNSET
    heap: HeapShape | UnsetType = UNSET
    memory_map: list[PartShape] | UnsetType = UNSET
    steps: list[StepShape] | UnsetType = UNSET
    at: Any = UNSET


class ReplayShape(ReplayOfRelease, frozen=True, kw_only=True):
    """`colorcheck/replay/1`: the first release; the others are in `also`."""

    schema: Literal["colorcheck/replay/1"]
    also: list[ReplayOfRelease] | UnsetType = UNSET
    open: list[OpenFactShape] | UnsetType = UNSET
    unread: list[Any] | UnsetType = UNSET


class LogCheckShape(Shape, frozen=True):
    """One comparison of a log with the model; `agrees` is null if the log has nothing to compare with."""

    subject: str
    expected: str
    found: str
    agrees: bool | None
    location: PlaceShape


class AttestShape(Shape, frozen=True):
    """`colorcheck/attest/1`."""

    schema: Literal["colorcheck/attest/1"]
    log: str
    xen: str
    verdict: Literal["attested", "differs", "partly-attested", "too-little"]
    reason: str
    unsaid: list[str]
    checks: list[LogCheckShape]
    findings: list[FindingShape]


class AttestedBootShape(Shape, frozen=True, kw_only=True):
    """A boot of a binary, and what was compared."""

    name: str
    system: str
    result: Literal["agrees", "differs", "undecided", "uncolored", "failed"]
    reason: str
    release: str
    compared: list[str]
    differences: list[str]
    smaller: str | UnsetType = UNSET


class XenAttestedShape(Shape, frozen=True):
    """`colorcheck/xen-attested/1`: the results of `colorcheck boot` for a binary."""

    schema: Literal["colorcheck/xen-attested/1"]
    sha256: str
    version: str
    release: str
    kconfig: str
    qemu: str
    tool_version: str
    summary: Mapping[str, int]
    boots: list[AttestedBootShape]
