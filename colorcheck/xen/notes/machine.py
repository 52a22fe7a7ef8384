"""Notes on the machine as Xen finds it: memory, boot modules, places.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.xen.kinds import Note, WordedNote


class NoMemory(Note, frozen=True):
    """No memory node and no `[target] memory`."""

    KIND: ClassVar[str] = "no-memory"


class MemoryWithoutReg(Note, frozen=True):
    """A node of memory has no `reg`, and nobody writes one: Xen stops."""

    KIND: ClassVar[str] = "memory-without-reg"
    node: str


class InitrdDamaged(WordedNote, frozen=True):
    """`linux,initrd-start` and `-end` are none that Xen takes: it stops."""

    KIND: ClassVar[str] = "initrd-damaged"


class ModuleWithoutReg(Note, frozen=True):
    """A boot module has no `reg`; `stops` tells whether Xen stops at it."""

    KIND: ClassVar[str] = "module-without-reg"
    module: str
    module_kind: str
    stops: bool


class ModuleShortReg(WordedNote, frozen=True):
    """`reg` of a boot module is too short: Xen stops."""

    KIND: ClassVar[str] = "module-short-reg"
    node: str
    needed: int


class BankOverlap(WordedNote, frozen=True):
    """Two banks of memory overlap."""

    KIND: ClassVar[str] = "bank-overlap"
    start: int
    end: int


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


class ReservedOverlap(WordedNote, frozen=True):
    """Reserved ranges or modules overlap: Xen may refuse the device tree."""

    KIND: ClassVar[str] = "reserved-overlap"
    first: str
    second: str


class ModuleOverlap(WordedNote, frozen=True):
    """A module overlaps what was registered before, so Xen does not register it."""

    KIND: ClassVar[str] = "module-overlap"
    module: str
    other: str


class ModuleOutsideMemory(Note, frozen=True):
    """A module lies, at least in part, in no bank."""

    KIND: ClassVar[str] = "module-outside-memory"
    module: str
    start: int
    end: int
    crashes: bool


class TooManyModules(Note, frozen=True):
    """More than the 32 modules that Xen keeps."""

    KIND: ClassVar[str] = "too-many-modules"
    count: int


class TooManyRegions(Note, frozen=True):
    """More banks, reserved ranges or free regions than Xen's tables hold."""

    KIND: ClassVar[str] = "too-many-regions"
    count: int
    limit: int
    what: str


class FileSizeAssumed(WordedNote, frozen=True):
    """ImageBuilder loads files that are not there; usual sizes stand in."""

    KIND: ClassVar[str] = "file-size-assumed"


class StaticHeap(Note, frozen=True):
    """All free memory goes to the buddy heap, so no domain gets any."""

    KIND: ClassVar[str] = "static-heap"
    start: int
    end: int


class KernelNotRegistered(WordedNote, frozen=True):
    """A dom0less domain's kernel is no boot module to Xen: it stops."""

    KIND: ClassVar[str] = "kernel-not-registered"
    start: int


class DeepTreeHangs(WordedNote, frozen=True):
    """A node lies deeper than this release can walk: it hangs."""

    KIND: ClassVar[str] = "deep-tree-hangs"
    levels: int


class RegRest(WordedNote, frozen=True):
    """`reg` of memory or of a reserved range ends in a part of an entry, `rest` bytes, which Xen drops."""

    KIND: ClassVar[str] = "reg-rest"
    node: str
    rest: int
