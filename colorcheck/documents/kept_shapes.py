"""The shapes of documents in evidence folders and certificates, of boards, and of the handover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from colorcheck.documents.shapes import (
    AssumptionShape,
    OpenFactShape,
    PlaceShape,
    Shape,
    SilencedShape,
    SkippedShape,
    StatedTheoremShape,
    TracedShape,
)


class HandedModuleShape(Shape, frozen=True):
    """A file that the loader loads into memory; address and size are null if they are open."""

    name: str
    address: int | None
    size: int | None
    whole: bool
    spoiled_by: str | None
    location: PlaceShape


class HandoverShape(Shape, frozen=True):
    """`colorcheck/handover/1`: what Xen receives. `tree` has path, property and value in hexadecimal, null if open."""

    schema: Literal["colorcheck/handover/1"]
    stopped: str | None
    tree: Mapping[str, Mapping[str, str | None]]
    memory_reservations: list[list[int | None]]
    device_tree: list[int | None]
    modules: list[HandedModuleShape]
    arguments: str | None
    open: list[OpenFactShape]
    alternatives: int


class CacheShape(Shape, frozen=True):
    """A cache of a board; sizes are in bytes, null if not known."""

    level: int
    kind: str
    size: int | None
    ways: int | None
    line: int | None
    sets: int | None
    way_size: int | None
    nr_colors: int | None
    shared_by: int | None
    in_clidr: bool
    index: Mapping[str, Any]
    index_policy: str | None
    replacement: str | None
    id: str


class ClusterShape(Shape, frozen=True):
    """Cores of one kind that share a cache; `cpus` as Xen counts them."""

    core: str
    cores: int | None
    cpus: list[int]
    llc: CacheShape | None
    private_l2: CacheShape | None
    l1d: CacheShape | None
    l1i: CacheShape | None
    confidence: str
    sources: list[str]
    note: str | None


class DramMapShape(Shape, frozen=True):
    """The address bits that select DRAM banks."""

    masks: list[int]
    roles: list[str]
    memory: str
    source: str
    confidence: str
    note: str | None


class BoardShape(Shape, frozen=True):
    """A board; `dram` are (start, size) in bytes."""

    name: str
    title: str
    soc: str
    clusters: list[ClusterShape]
    nr_colors: int | None
    colorable: Literal["yes", "no", "unverified", "partly"]
    colorable_reason: str
    hint: str
    iommu: str | None
    iommu_usable: bool | None
    dram: list[list[int]]
    dram_map: DramMapShape | None
    system_cache: CacheShape | None
    pa_bits: int | None
    compatible: list[str]
    soc_compatible: list[str]
    aliases: list[str]
    device_tree: str
    virtual: bool
    silicon: str
    notes: list[str]
    sources: list[str]


class BoardListShape(Shape, frozen=True):
    """`colorcheck/board list/1`."""

    schema: Literal["colorcheck/board list/1"]
    boards: list[BoardShape]


class BoardShowShape(Shape, frozen=True):
    """`colorcheck/board show/1`; `differences` are those of an emulated board from the real one."""

    schema: Literal["colorcheck/board show/1"]
    board: BoardShape
    differences: list[str]


class BoardProblemShape(Shape, frozen=True):
    """Something that a device tree lacks or has wrong about its board."""

    kind: str
    message: str
    help: str
    location: PlaceShape


class BoardDerivedShape(Shape, frozen=True):
    """`colorcheck/board from-device-tree/1`; no board if the tree says too little."""

    schema: Literal["colorcheck/board from-device-tree/1"]
    board: BoardShape | None
    problems: list[BoardProblemShape]


class CertifiedShape(StatedTheoremShape, frozen=True):
    """A theorem under one release, and the SMT-LIB file that shows it; `expected` are the solver's answers."""

    xen: str
    file: str
    sha256: str
    expected: list[str]


class CertificatesShape(Shape, frozen=True):
    """`colorcheck/certificates/2`: `certificates.json`; `inputs` and `files` have the SHA-256 of each."""

    schema: Literal["colorcheck/certificates/2"]
    tool: Mapping[str, Any]
    plugins: list[Mapping[str, Any]]
    run: Mapping[str, Any]
    releases: Mapping[str, Any]
    board: Any
    inputs: Mapping[str, str]
    files: Mapping[str, str]
    skipped: list[SkippedShape]
    theorems: list[CertifiedShape]


class ModelCacheShape(Shape, frozen=True):
    """A shared cache: `linear` is (bytes of a line, sets), `masks` the address bits of each bit of the set's number."""

    id: str
    label: str
    cpus: list[int] | None
    linear: list[int] | None
    masks: list[int] | None
    modulus: int | None


class ModelPartyShape(Shape, frozen=True):
    """Xen or a domain; `frames` are runs of (first frame, step, count)."""

    name: str
    colors: list[int]
    kind: str
    cpus: list[int] | None
    frames: list[list[int]]
    pages: int | UnsetType | None = UNSET
    needed_pages: int | UnsetType | None = UNSET
    created: bool | UnsetType = UNSET
    banks: list[list[int]] | UnsetType = UNSET


class ModelOfRelease(Shape, frozen=True):
    """One release; only its name if it could not be modelled."""

    release: str
    coloring: bool | UnsetType | None = UNSET
    nr_colors: int | UnsetType | None = UNSET
    outcome: str | UnsetType = UNSET
    dram: list[list[int]] | UnsetType = UNSET
    caches: list[ModelCacheShape] | UnsetType = UNSET
    cpus: list[int] | UnsetType | None = UNSET
    parties: list[ModelPartyShape] | UnsetType = UNSET
    map: list[tuple[int, int, str]] | UnsetType = UNSET
    xen_region: list[int] | UnsetType | None = UNSET
    free_by_color: list[int] | UnsetType = UNSET


class ModelShape(Shape, frozen=True):
    """`colorcheck/model/1`: `model.json`, the subjects of the theorems, for a checker without a solver or the model."""

    schema: Literal["colorcheck/model/1"]
    xen: list[ModelOfRelease]


class RequirementsShape(Shape, frozen=True):
    """`colorcheck/requirements/1`: `requirements/trace.json`."""

    schema: Literal["colorcheck/requirements/1"]
    requirements: list[TracedShape]


class AssumptionsShape(Shape, frozen=True):
    """`colorcheck/assumptions/1`: `assumptions.json`, of all theorems, with what is open and what could not run."""

    schema: Literal["colorcheck/assumptions/1"]
    assumptions: list[AssumptionShape]
    open: list[OpenFactShape]
    skipped: list[SkippedShape]


class AssumptionOfUseShape(Shape, frozen=True):
    """What the integrator has to ensure, and what the inputs say about it."""

    id: str
    text: str
    check: str
    status: Literal["inputs-agree", "contradicted", "not-needed", "integrator"]
    told: str


class AssumptionsOfUseShape(Shape, frozen=True):
    """`colorcheck/assumptions-of-use/1`: `assumptions-of-use.json`."""

    schema: Literal["colorcheck/assumptions-of-use/1"]
    assumptions_of_use: list[AssumptionOfUseShape]


class SharedByPolicyShape(Shape, frozen=True):
    """Domains that may share colors under the policy, and the reason."""

    domains: list[str]
    reason: str
    location: PlaceShape


class SilencesShape(Shape, frozen=True):
    """`colorcheck/silences/1`: `silences.json`, the hidden findings, and the sharing that the policy allows."""

    schema: Literal["colorcheck/silences/1"]
    silenced: list[SilencedShape]
    shares: list[SharedByPolicyShape]


class TimesShape(Shape, frozen=True):
    """`colorcheck/times/1`: `times.json`, seconds of each stage and where they were measured."""

    schema: Literal["colorcheck/times/1"]
    seconds: Mapping[str, float]
    environment: Mapping[str, str]
    date: str | UnsetType = UNSET
