"""Notes on the machine as Xen finds it: memory, boot modules, addresses.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import ClassVar

from colorcheck.core.diagnostic import Problem
from colorcheck.core.module_kinds import ModuleKind
from colorcheck.xen.kinds import Note


class RegionTable(StrEnum):
    """A table of Xen that may be full."""

    BANKS = "banks of memory"
    RESERVED = "reserved ranges"


class InitrdFault(Enum):
    """What is wrong with `linux,initrd-start` and `linux,initrd-end`."""

    START_LENGTH = auto()
    NO_END = auto()
    END_LENGTH = auto()
    NOT_ABOVE = auto()


class NoMemory(Note, frozen=True):
    """No memory node and no `[target] memory`."""

    KIND: ClassVar[str] = "no-memory"


class MemoryWithoutReg(Note, frozen=True):
    """A node of memory has no `reg`, and nothing writes one: Xen stops."""

    KIND: ClassVar[str] = "memory-without-reg"
    node: str


class InitrdDamaged(Note, frozen=True):
    """Xen does not accept `linux,initrd-start` and `-end` and stops.

    `start` and `end` are their values, `length` the bytes of a property that has neither 4 nor 8.
    """

    KIND: ClassVar[str] = "initrd-damaged"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"end", "fault", "length", "start"})
    fault: InitrdFault
    length: int = 0
    start: int = 0
    end: int = 0


class ModuleWithoutReg(Note, frozen=True):
    """A boot module has no `reg`; `stops`: whether Xen stops at it."""

    KIND: ClassVar[str] = "module-without-reg"
    module: str
    module_kind: ModuleKind
    stops: bool


class ModuleShortReg(Note, frozen=True):
    """`reg` of a boot module has `given` bytes, too few: Xen stops."""

    KIND: ClassVar[str] = "module-short-reg"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"given"})
    node: str
    needed: int
    given: int


class ModuleArgumentsLong(Note, frozen=True):
    """The `bootargs` of a boot module have `length` bytes, more than `most`: Xen stops."""

    KIND: ClassVar[str] = "module-arguments-long"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"most"})
    node: str
    length: int
    most: int


class BankOverlap(Note, frozen=True):
    """Two banks of memory overlap; `other` is the one below, start and end."""

    KIND: ClassVar[str] = "bank-overlap"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"other"})
    start: int
    end: int
    other: tuple[int, int]


class BankUnaligned(Note, frozen=True):
    """A bank does not begin or end on a page."""

    KIND: ClassVar[str] = "bank-unaligned"
    start: int
    end: int


class RangeWraps(Note, frozen=True):
    """A range reaches beyond 2^64."""

    KIND: ClassVar[str] = "range-wraps"
    start: int
    size: int
    what: str


class ReservedOverlap(Note, frozen=True):
    """A reserved range `second`, at `start`, overlaps `first`: Xen refuses the device tree.

    `first_start` is None for an entry of `/memreserve/` that shared memory overlaps.
    """

    KIND: ClassVar[str] = "reserved-overlap"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"first_start", "start"})
    first: str
    second: str
    start: int
    first_start: int | None = None


class ModuleOverlap(Note, frozen=True):
    """A module overlaps an earlier entry, so Xen does not register it."""

    KIND: ClassVar[str] = "module-overlap"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"other_start", "start"})
    module: str
    other: str
    start: int
    other_start: int


class ModuleOutsideMemory(Note, frozen=True):
    """A module is, at least partly, outside of all banks."""

    KIND: ClassVar[str] = "module-outside-memory"
    module: str
    start: int
    end: int
    crashes: bool


class TooManyModules(Note, frozen=True):
    """There are more than the 32 modules that Xen keeps."""

    KIND: ClassVar[str] = "too-many-modules"
    count: int


class TooManyRegions(Note, frozen=True):
    """More banks, reserved ranges or free regions than Xen's tables hold."""

    KIND: ClassVar[str] = "too-many-regions"
    count: int
    limit: int
    what: RegionTable


class FileSizeAssumed(Note, frozen=True):
    """ImageBuilder loads files that are missing here; usual sizes are assumed, as reported in `problem`."""

    KIND: ClassVar[str] = "file-size-assumed"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"problem"})
    problem: Problem


class StaticHeap(Note, frozen=True):
    """All free memory goes to the buddy heap, so no domain gets any."""

    KIND: ClassVar[str] = "static-heap"
    start: int
    end: int


class KernelNotRegistered(Note, frozen=True):
    """Xen does not register a dom0less domain's kernel as a boot module and stops.

    `loaded`: whether anything loads it.
    """

    KIND: ClassVar[str] = "kernel-not-registered"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"loaded"})
    start: int
    loaded: bool


class DeepTreeHangs(Note, frozen=True):
    """A node is deeper than this release can walk: it hangs."""

    KIND: ClassVar[str] = "deep-tree-hangs"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"node", "release"})
    levels: int
    node: str
    release: str


class RangeWithoutCells(Note, frozen=True):
    """The node of memory or of a reserved range has addresses or sizes of no cells, at which Xen stops."""

    KIND: ClassVar[str] = "range-without-cells"
    node: str


class RegRest(Note, frozen=True):
    """`reg` of memory or of a reserved range, of `length` bytes, ends with an incomplete entry.

    Entries have `width` bytes; Xen drops the last `rest`.
    """

    KIND: ClassVar[str] = "reg-rest"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"length", "width"})
    node: str
    rest: int
    length: int
    width: int
