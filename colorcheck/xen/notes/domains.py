"""Notes on domains and what they ask for.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.xen.kinds import Note, WordedNote


class StaticMemory(Note, frozen=True):
    """A domain asks for static memory, which coloring forbids."""

    KIND: ClassVar[str] = "static-memory"


class DirectMap(Note, frozen=True):
    """A domain asks for a direct map."""

    KIND: ClassVar[str] = "direct-map"


class StaticSharedMemory(WordedNote, frozen=True):
    """Frames that several domains share and that have every color."""

    KIND: ClassVar[str] = "static-shared-memory"
    start: int
    end: int
    id: str


class Passthrough(WordedNote, frozen=True):
    """A device is given away; without an IOMMU its DMA cannot reach colored memory."""

    KIND: ClassVar[str] = "passthrough"
    node: str


class PassthroughMemory(WordedNote, frozen=True):
    """A guest is given memory by address, of every color."""

    KIND: ClassVar[str] = "passthrough-memory"
    start: int
    end: int


class Dom0MemoryDefault(Note, frozen=True):
    """No `dom0_mem`, or `given` as 0: Xen takes 512 MiB."""

    KIND: ClassVar[str] = "dom0-memory-default"
    size: int
    given: bool = False


class MemoryNotPages(WordedNote, frozen=True):
    """An amount of memory is not a multiple of a page."""

    KIND: ClassVar[str] = "memory-not-pages"
    size: int


class DomainWithoutKernel(Note, frozen=True):
    """No kernel module for a dom0less domain."""

    KIND: ClassVar[str] = "domain-without-kernel"


class KernelToCome(Note, frozen=True):
    """No kernel module for a dom0less domain yet: a boot loader may add it."""

    KIND: ClassVar[str] = "kernel-to-come"


class Dom0WithoutKernel(WordedNote, frozen=True):
    """The tree that Xen gets has no kernel at all: it stops while it builds dom0."""

    KIND: ClassVar[str] = "dom0-without-kernel"


class MissingProperty(Note, frozen=True):
    """A property that Xen requires is missing."""

    KIND: ClassVar[str] = "missing-property"
    property_: str


class EnhancedWithoutDom0(WordedNote, frozen=True):
    """`xen,enhanced` needs dom0 for Xenstore."""

    KIND: ClassVar[str] = "enhanced-without-dom0"


class HardwareDomainRefused(WordedNote, frozen=True):
    """`capabilities` of a domain that Xen panics at, or what a hardware domain must not have."""

    KIND: ClassVar[str] = "hardware-domain-refused"
    advice: str


class NoDom0ForXl(Note, frozen=True):
    """Xl guests, and no dom0 to run xl."""

    KIND: ClassVar[str] = "no-dom0-for-xl"


class HostCrash(WordedNote, frozen=True):
    """4.20: the refused guest brings Xen down."""

    KIND: ClassVar[str] = "defect-4.20-host-crash"
    colors: tuple[int, ...]


class ToolstackCannotPopulate(WordedNote, frozen=True):
    """4.22.0: no toolstack can give memory to a new guest while coloring is on."""

    KIND: ClassVar[str] = "defect-4.22.0-populate"


class GuestRejected(Note, frozen=True):
    """Xl stops at the guest's file."""

    KIND: ClassVar[str] = "guest-rejected"
    reason: str


class GuestMemoryMissing(WordedNote, frozen=True):
    """An xl guest without any memory: xl fails while it creates the guest."""

    KIND: ClassVar[str] = "guest-memory-missing"


class GuestMemorySmall(Note, frozen=True):
    """An xl guest's memory, in MiB, does not hold its kernel, in bytes, with ramdisk and device tree."""

    KIND: ClassVar[str] = "guest-memory-small"
    memory: int
    kernel: int


class MaxmemAboveMemory(Note, frozen=True):
    """`maxmem` of an xl guest is above its `memory`, both in MiB: xl populates more than Xen allows."""

    KIND: ClassVar[str] = "maxmem-above-memory"
    memory: int
    maxmem: int


class PoolNotMadeAtBoot(Note, frozen=True):
    """An xl guest names a CPU pool that does not exist after boot; somebody may make it in dom0 before."""

    KIND: ClassVar[str] = "pool-not-made-at-boot"
    reason: str


class Dom0DeviceRefused(Note, frozen=True):
    """A device of the host's tree that Xen cannot give to dom0: it panics."""

    KIND: ClassVar[str] = "dom0-device-refused"
    node: str
    reason: str


class Dom0TreeFull(Note, frozen=True):
    """Xen's tree for dom0 has no room for so many reserved ranges: it panics."""

    KIND: ClassVar[str] = "dom0-tree-full"
    count: int


class PartialTreeUnread(WordedNote, frozen=True):
    """What a partial device tree maps into a dom0less domain is not known."""

    KIND: ClassVar[str] = "partial-tree-unread"
    node: str


class PartialTreeRefused(WordedNote, frozen=True):
    """A partial device tree that Xen refuses, so that it panics."""

    KIND: ClassVar[str] = "partial-tree-refused"
    node: str


class SharedMemoryRefused(WordedNote, frozen=True):
    """A node of static shared memory at which Xen stops."""

    KIND: ClassVar[str] = "shared-memory-refused"
    node: str


class BuddyHeapOpen(WordedNote, frozen=True):
    """Whether the buddy heap of `pages` frames is large enough for what Xen takes, `least` to `most`, is not known."""

    KIND: ClassVar[str] = "buddy-heap-open"
    pages: int
    least: int
    most: int
