"""The shapes of documents that compare: revisions, releases, logs, boots, simulated runs, and measured cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from colorcheck.documents.shapes import (
    AttestedBootShape,
    EditShape,
    FindingShape,
    LogCheckShape,
    PlaceShape,
    Shape,
    TargetShape,
    VerdictName,
    VerifyShape,
)


class PairChangeShape(Shape, frozen=True):
    """A pair of domains whose verdict changed; null if there is none."""

    xen: str
    domains: list[str]
    before: VerdictName | None
    after: VerdictName | None


class ColorChangeShape(Shape, frozen=True):
    """A domain whose colors changed; null if it does not exist."""

    xen: str
    domain: str
    before: list[int] | None
    after: list[int] | None


class MarginChangeShape(Shape, frozen=True):
    """A domain whose margin of memory changed, in pages."""

    xen: str
    domain: str
    before: int | None
    after: int | None


class SharingChangeShape(Shape, frozen=True):
    """Colors that a pair shares, by the policy (`reason`) or against it."""

    xen: str
    domains: list[str]
    before: list[int]
    after: list[int]
    reason: str | None
    newly: bool


class SilenceChangeShape(Shape, frozen=True):
    """A finding that is newly silenced, and by what."""

    finding: FindingShape
    by: str
    reason: str


class DiffShape(Shape, frozen=True):
    """`colorcheck/diff/1`: what changed between two revisions."""

    schema: Literal["colorcheck/diff/1"]
    pairs: list[PairChangeShape]
    colors: list[ColorChangeShape]
    margins: list[MarginChangeShape]
    new_findings: list[FindingShape]
    gone_findings: list[FindingShape]
    new_assumptions: list[Any]
    gone_assumptions: list[Any]
    sharing: list[SharingChangeShape]
    renamed: Mapping[str, str]
    undecided: list[Any]
    new_silences: list[SilenceChangeShape]
    not_asked: list[Any]
    reasons: list[str]


class DiffOfDeployment(Shape, frozen=True):
    """One deployment of several: its exit status, and the difference if both revisions have it."""

    manifest: str
    status: int
    news: str
    difference: DiffShape | None


class DiffsShape(Shape, frozen=True):
    """`colorcheck/diffs/1`: `diff --recursive`."""

    schema: Literal["colorcheck/diffs/1"]
    deployments: list[DiffOfDeployment]
    looked_at: int


class CheckedShape(Shape, frozen=True):
    """One deployment of a fleet: exit status, counts, and its report."""

    manifest: str
    status: int
    word: str
    sentence: str
    errors: int
    warnings: int
    proved: int
    silenced: int
    ignored: int
    baselined: int
    seconds: float
    cached: bool
    message: str
    report: VerifyShape | None


class FleetSummaryShape(Shape, frozen=True):
    """The number of deployments in total, checked, unchanged, and passed."""

    known: int
    looked_at: int
    unchanged: int
    passed: int


class FleetShape(Shape, frozen=True):
    """`colorcheck/fleet/1`: `verify --recursive`; `by_exit_status` counts deployments."""

    schema: Literal["colorcheck/fleet/1"]
    deployments: list[CheckedShape]
    by_exit_status: Mapping[str, int]
    summary: FleetSummaryShape


class MigrationProblemShape(Shape, frozen=True):
    """An obstacle to migrating to another release."""

    kind: str
    message: str
    help: str
    location: PlaceShape


class MigrateShape(Shape, frozen=True, rename={"source": "from"}):
    """`colorcheck/migrate/1`: the edits for another release."""

    schema: Literal["colorcheck/migrate/1"]
    source: str
    to: str
    written: bool
    edits: list[EditShape]
    problems: list[MigrationProblemShape]


class SharedDomainShape(Shape, frozen=True):
    """A domain of a log, without its name."""

    id: int
    pages: Any
    colors: Any


class SharedComparisonShape(Shape, frozen=True):
    """A comparison with the model; null if the log says too little."""

    subject: str
    agrees: bool | None


class SharedLogShape(Shape, frozen=True):
    """`colorcheck/shared-log/1`: the parts of a log that `attest --share` writes; numbers and known words only."""

    schema: Literal["colorcheck/shared-log/1"]
    board: str
    release: str
    version: str
    arguments: list[str]
    arguments_left_out: int
    probed: Any
    nr_colors: Any
    xen_region: Any
    memory: list[Any]
    reserved: list[Any]
    modules: list[Any]
    banks: list[Any]
    heap: list[Any]
    domains: list[SharedDomainShape]
    panics: bool
    verdict: str
    compared: list[SharedComparisonShape]


class BootShape(AttestedBootShape, frozen=True, kw_only=True):
    """`colorcheck/boot/1`: a deployment that was booted; `changes` are what differs from its machine."""

    schema: Literal["colorcheck/boot/1"]
    evidence: str
    changes: list[str]
    xen: Mapping[str, Any]
    checks: list[LogCheckShape]


class EvidenceShape(Shape, frozen=True):
    """`colorcheck/evidence/1`: `evidence.json`; `files`, `attached` and `inputs` have the SHA-256 of each."""

    schema: Literal["colorcheck/evidence/1"]
    grade: str
    exit_status: int
    command: Any
    tool: Mapping[str, Any]
    inputs: Mapping[str, str]
    target: TargetShape
    verdicts: Mapping[str, int]
    findings: int
    requirements: Mapping[str, str]
    files: Mapping[str, str]
    attached: Mapping[str, str]
    logs: Mapping[str, str] | UnsetType = UNSET


class BaselineEntryShape(Shape, frozen=True):
    """A finding that is known."""

    fingerprint: str
    rule: str
    file: str
    message: str


class BaselineShape(Shape, frozen=True):
    """`colorcheck/baseline/1`: the known findings that `baseline create` writes."""

    schema: Literal["colorcheck/baseline/1"]
    findings: list[BaselineEntryShape]


class CostsShape(Shape, frozen=True):
    """Cycles of an access by the level that serves it, and their source."""

    private: int
    second: int
    last: int
    memory: int
    source: str


class WorkloadShape(Shape, frozen=True):
    """The workload of a domain."""

    domain: str
    workload: str


class QuantilesShape(Shape, frozen=True):
    """Cycles; null if nothing was counted."""

    min: int | None
    median: int | None
    p999: int | None
    max: int | None


class CountedQuantilesShape(QuantilesShape, frozen=True, kw_only=True):
    """Cycles of runs, and their number."""

    count: int


class SimulatedDomainShape(Shape, frozen=True):
    """Counts of a domain in one run."""

    name: str
    accesses: int
    hits: int
    private_hits: int
    last_level_hits: int
    misses: int
    writes: int
    caused_by_others: int
    caused_by: Mapping[str, int]
    latency: QuantilesShape
    runs: CountedQuantilesShape


class EvictionsShape(Shape, frozen=True):
    """Lines of the victim that the attacker evicted from a last-level cache, and in which sets."""

    victim: str
    attacker: str
    cluster: int
    count: int
    sets: list[int]


class PrivateEvictionsShape(Shape, frozen=True):
    """Lines evicted from the private caches of a core that both use."""

    victim: str
    attacker: str
    count: int


class SimulatedRunShape(Shape, frozen=True):
    """One run of the simulation."""

    coloring: Literal["off", "current", "plan"]
    policy: Literal["lru", "plru", "random"]
    accesses: int
    seconds: float
    domains: list[SimulatedDomainShape]
    evictions: list[EvictionsShape]
    private_evictions: list[PrivateEvictionsShape]


class InterfereShape(Shape, frozen=True):
    """`colorcheck/interfere/1`."""

    schema: Literal["colorcheck/interfere/1"]
    tool_version: str
    board: str
    caches: list[str]
    engine: Literal["numba", "python"]
    seed: int
    warm_up: int
    costs: CostsShape
    workloads: list[WorkloadShape]
    runs: list[SimulatedRunShape]
    notes: list[str]
    left_out: list[str]
    disclaimer: str


class LifeStepShape(Shape, frozen=True):
    """A step of a lifecycle, with the pages that it took and lost, and the free pages of each color after it."""

    step: Any
    created: bool | None
    failure: Any
    taken_pages: int
    lost_pages: int
    heap: list[int]


class LifeOfRelease(Shape, frozen=True):
    """The lifecycle under one release; `stopped` says why it ended early."""

    xen: str
    stopped: str | None
    steps: list[LifeStepShape]


class LifecycleShape(LifeOfRelease, frozen=True, kw_only=True):
    """`colorcheck/lifecycle/1`: the first release; the others are in `also`."""

    schema: Literal["colorcheck/lifecycle/1"]
    also: list[LifeOfRelease] | UnsetType = UNSET


class CaseShape(Shape, frozen=True):
    """A measured case that does not agree."""

    kind: str
    name: str
    xen: str | None
    area: str
    status: str
    difference: str
    note: str


class ValidateShape(Shape, frozen=True):
    """`colorcheck/validate/1`: `areas` count the cases of each kind and area by their outcome."""

    schema: Literal["colorcheck/validate/1"]
    tool: Mapping[str, Any]
    environment: Mapping[str, str]
    every: int
    summary: Mapping[str, int]
    areas: list[Mapping[str, str | int]]
    differences: list[CaseShape]


class CertificateCheckShape(Shape, frozen=True):
    """A certificate, and which solvers confirm it."""

    subject: str
    status: str
    message: str
    judges: list[str]


class CertifyShape(Shape, frozen=True):
    """`colorcheck/certify/2`."""

    schema: Literal["colorcheck/certify/2"]
    checks: list[CertificateCheckShape]


class PluginShape(Shape, frozen=True):
    """A plugin, its contributions by kind, and its faults."""

    name: str
    module: str
    distribution: str
    version: str
    built_in: bool
    seconds: float
    adds: Mapping[str, list[str]]
    problems: list[str]


class PluginsShape(Shape, frozen=True):
    """`colorcheck/plugins/1`."""

    schema: Literal["colorcheck/plugins/1"]
    plugins: list[PluginShape]


class RuleShape(Shape, frozen=True):
    """A rule."""

    id: str
    name: str
    severity: Literal["error", "warning", "info"]
    title: str


class RulesShape(Shape, frozen=True):
    """`colorcheck/rules/1`."""

    schema: Literal["colorcheck/rules/1"]
    rules: list[RuleShape]


class ExplainShape(RuleShape, frozen=True, kw_only=True):
    """`colorcheck/explain/1`: the page of a rule."""

    schema: Literal["colorcheck/explain/1"]
    sections: Mapping[str, str]
    examples: Mapping[str, str]
