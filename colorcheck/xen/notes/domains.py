"""Notes on domains and what they ask for.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.core.value import dataclass
from colorcheck.xen.kinds import Note


@dataclass(frozen=True, slots=True)
class StaticMemory(Note):
    """A domain asks for static memory, which coloring forbids."""

    KIND: ClassVar[str] = "static-memory"


@dataclass(frozen=True, slots=True)
class DirectMap(Note):
    """A domain asks for a direct map."""

    KIND: ClassVar[str] = "direct-map"


@dataclass(frozen=True, slots=True)
class StaticSharedMemory(Note):
    """Frames that several domains share and that have every color."""

    KIND: ClassVar[str] = "static-shared-memory"
    start: int
    end: int
    id: str


@dataclass(frozen=True, slots=True)
class Passthrough(Note):
    """A device is given away; without an IOMMU its DMA cannot reach colored memory."""

    KIND: ClassVar[str] = "passthrough"
    node: str


@dataclass(frozen=True, slots=True)
class PassthroughMemory(Note):
    """A guest is given memory by address, of every color."""

    KIND: ClassVar[str] = "passthrough-memory"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dom0MemoryDefault(Note):
    """No `dom0_mem`: Xen takes 512 MiB."""

    KIND: ClassVar[str] = "dom0-memory-default"
    size: int


@dataclass(frozen=True, slots=True)
class MemoryNotPages(Note):
    """An amount of memory is no multiple of a page."""

    KIND: ClassVar[str] = "memory-not-pages"
    size: int


@dataclass(frozen=True, slots=True)
class DomainWithoutKernel(Note):
    """No kernel module for a dom0less domain."""

    KIND: ClassVar[str] = "domain-without-kernel"


@dataclass(frozen=True, slots=True)
class KernelToCome(Note):
    """No kernel module for a dom0less domain yet: a boot loader may add it."""

    KIND: ClassVar[str] = "kernel-to-come"


@dataclass(frozen=True, slots=True)
class Dom0WithoutKernel(Note):
    """The tree that Xen gets has no kernel at all: it stops while it builds dom0."""

    KIND: ClassVar[str] = "dom0-without-kernel"


@dataclass(frozen=True, slots=True)
class MissingProperty(Note):
    """A property that Xen requires is missing."""

    KIND: ClassVar[str] = "missing-property"
    property_: str


@dataclass(frozen=True, slots=True)
class EnhancedWithoutDom0(Note):
    """`xen,enhanced` needs dom0 for Xenstore."""

    KIND: ClassVar[str] = "enhanced-without-dom0"


@dataclass(frozen=True, slots=True)
class HardwareDomainRefused(Note):
    """`capabilities` of a domain that Xen panics at, or what a hardware domain must not have."""

    KIND: ClassVar[str] = "hardware-domain-refused"
    advice: str


@dataclass(frozen=True, slots=True)
class NoDom0ForXl(Note):
    """Xl guests, and no dom0 to run xl."""

    KIND: ClassVar[str] = "no-dom0-for-xl"


@dataclass(frozen=True, slots=True)
class HostCrash(Note):
    """4.20: the refused guest brings Xen down."""

    KIND: ClassVar[str] = "defect-4.20-host-crash"
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToolstackCannotPopulate(Note):
    """4.22.0: no toolstack can give memory to a new guest while coloring is on."""

    KIND: ClassVar[str] = "defect-4.22.0-populate"


@dataclass(frozen=True, slots=True)
class GuestRejected(Note):
    """Xl stops at the guest's file."""

    KIND: ClassVar[str] = "guest-rejected"
    reason: str


@dataclass(frozen=True, slots=True)
class GuestMemoryMissing(Note):
    """An xl guest without any memory: xl fails while it creates the guest."""

    KIND: ClassVar[str] = "guest-memory-missing"


@dataclass(frozen=True, slots=True)
class GuestMemorySmall(Note):
    """An xl guest's memory, in MiB, does not hold its kernel, in bytes, with ramdisk and device tree."""

    KIND: ClassVar[str] = "guest-memory-small"
    memory: int
    kernel: int


@dataclass(frozen=True, slots=True)
class MaxmemAboveMemory(Note):
    """`maxmem` of an xl guest is above its `memory`, both in MiB: xl populates more than Xen allows."""

    KIND: ClassVar[str] = "maxmem-above-memory"
    memory: int
    maxmem: int


@dataclass(frozen=True, slots=True)
class PoolNotMadeAtBoot(Note):
    """An xl guest names a CPU pool that does not exist after boot; somebody may make it in dom0 before."""

    KIND: ClassVar[str] = "pool-not-made-at-boot"
    reason: str


@dataclass(frozen=True, slots=True)
class Dom0DeviceRefused(Note):
    """A device of the host's tree that Xen cannot give to dom0: it panics."""

    KIND: ClassVar[str] = "dom0-device-refused"
    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dom0TreeFull(Note):
    """Xen's tree for dom0 has no room for so many reserved ranges: it panics."""

    KIND: ClassVar[str] = "dom0-tree-full"
    count: int


@dataclass(frozen=True, slots=True)
class PartialTreeUnread(Note):
    """What a partial device tree maps into a dom0less domain is not known."""

    KIND: ClassVar[str] = "partial-tree-unread"
    node: str


@dataclass(frozen=True, slots=True)
class PartialTreePhandle(Note):
    """A partial device tree uses the phandle that Xen keeps for the interrupt controller: it panics."""

    KIND: ClassVar[str] = "partial-tree-phandle"
    node: str


@dataclass(frozen=True, slots=True)
class SharedMemoryRefused(Note):
    """A node of static shared memory at which Xen stops."""

    KIND: ClassVar[str] = "shared-memory-refused"
    node: str


@dataclass(frozen=True, slots=True)
class BuddyHeapOpen(Note):
    """Whether the buddy heap of `pages` frames is large enough for what Xen takes, `least` to `most`, is not known."""

    KIND: ClassVar[str] = "buddy-heap-open"
    pages: int
    least: int
    most: int
