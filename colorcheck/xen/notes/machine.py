"""Notes on the machine as Xen finds it: memory, boot modules, places.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.core.value import dataclass
from colorcheck.xen.kinds import Note


@dataclass(frozen=True, slots=True)
class NoMemory(Note):
    """No memory node and no `[target] memory`."""

    KIND: ClassVar[str] = "no-memory"


@dataclass(frozen=True, slots=True)
class MemoryWithoutReg(Note):
    """A node of memory has no `reg`, and nobody writes one: Xen stops."""

    KIND: ClassVar[str] = "memory-without-reg"
    node: str


@dataclass(frozen=True, slots=True)
class InitrdDamaged(Note):
    """`linux,initrd-start` and `-end` are none that Xen takes: it stops."""

    KIND: ClassVar[str] = "initrd-damaged"


@dataclass(frozen=True, slots=True)
class ModuleWithoutReg(Note):
    """A boot module has no `reg`; `stops` tells whether Xen stops at it."""

    KIND: ClassVar[str] = "module-without-reg"
    module: str
    module_kind: str
    stops: bool


@dataclass(frozen=True, slots=True)
class ModuleShortReg(Note):
    """`reg` of a boot module is too short: Xen stops."""

    KIND: ClassVar[str] = "module-short-reg"
    node: str
    needed: int


@dataclass(frozen=True, slots=True)
class BankOverlap(Note):
    """Two banks of memory overlap."""

    KIND: ClassVar[str] = "bank-overlap"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BankUnaligned(Note):
    """A bank does not begin or end on a page."""

    KIND: ClassVar[str] = "bank-unaligned"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RangeWraps(Note):
    """A range reaches beyond 2^64."""

    KIND: ClassVar[str] = "range-wraps"
    start: int
    size: int
    what: str


@dataclass(frozen=True, slots=True)
class ReservedOverlap(Note):
    """Reserved ranges or modules overlap: Xen may refuse the device tree."""

    KIND: ClassVar[str] = "reserved-overlap"
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class ModuleOverlap(Note):
    """A module overlaps what was registered before, so Xen does not register it."""

    KIND: ClassVar[str] = "module-overlap"
    module: str
    other: str


@dataclass(frozen=True, slots=True)
class ModuleOutsideMemory(Note):
    """A module lies, at least in part, in no bank."""

    KIND: ClassVar[str] = "module-outside-memory"
    module: str
    start: int
    end: int
    crashes: bool


@dataclass(frozen=True, slots=True)
class TooManyModules(Note):
    """More than the 32 modules that Xen keeps."""

    KIND: ClassVar[str] = "too-many-modules"
    count: int


@dataclass(frozen=True, slots=True)
class TooManyRegions(Note):
    """More banks, reserved ranges or free regions than Xen's tables hold."""

    KIND: ClassVar[str] = "too-many-regions"
    count: int
    limit: int
    what: str


@dataclass(frozen=True, slots=True)
class FileSizeAssumed(Note):
    """ImageBuilder loads files that are not there; usual sizes stand in."""

    KIND: ClassVar[str] = "file-size-assumed"


@dataclass(frozen=True, slots=True)
class StaticHeap(Note):
    """All free memory goes to the buddy heap, so no domain gets any."""

    KIND: ClassVar[str] = "static-heap"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class KernelNotRegistered(Note):
    """A dom0less domain's kernel is no boot module to Xen: it stops."""

    KIND: ClassVar[str] = "kernel-not-registered"
    start: int


@dataclass(frozen=True, slots=True)
class DeepTreeHangs(Note):
    """A node lies deeper than this release can walk: it hangs."""

    KIND: ClassVar[str] = "deep-tree-hangs"
    levels: int


@dataclass(frozen=True, slots=True)
class RegRest(Note):
    """`reg` of memory or of a reserved range ends in a part of an entry, `rest` bytes, which Xen drops."""

    KIND: ClassVar[str] = "reg-rest"
    node: str
    rest: int
