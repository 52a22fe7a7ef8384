"""Notes on domains and their requests.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import ClassVar

from msgspec import Struct

from colorcheck.xen.kinds import DomainKind, Note


class HardwareDomainFault(Enum):
    """Why a domain cannot have the role given by its `capabilities`."""

    UNKNOWN_CAPABILITIES = auto()
    SECOND = auto()
    PASSTHROUGH = auto()
    NO_IOMMU = auto()
    PARTIAL_TREE = auto()
    INTERRUPTS = auto()
    SECOND_XENSTORE = auto()


IO = "DOMID_IO"
"""The domain that owns shared memory whose node has no role."""


class SharedMemoryFault(Enum):
    """What is wrong with a node of static shared memory."""

    NOT_BUILT_IN = auto()
    NO_ID = auto()
    LONG_ID = auto()
    ROLE = auto()
    NO_REGION = auto()
    LENGTH = auto()
    HOST_ADDRESS = auto()
    WRAPS = auto()
    NOT_PAGES = auto()
    OTHER_REGION = auto()
    OTHER_ID = auto()
    TOO_MANY = auto()
    GUEST_ADDRESS = auto()
    OWNED = auto()


class PartialTreeFault(Enum):
    """Why Xen refuses a node of a partial device tree."""

    HIGH_PHANDLE = auto()
    NO_REG = auto()
    NO_PATH = auto()
    CELLS = auto()
    NOT_PAGES = auto()
    BEYOND_ADDRESSES = auto()
    NO_HOST_NODE = auto()
    TAKEN_INTERRUPT = auto()
    INTERRUPT_BEYOND_LIMIT = auto()
    NO_IOMMU = auto()
    NOT_BEHIND_IOMMU = auto()


class PartialTreeRefusal(Struct, frozen=True):
    """A fault with its numbers, in the order of its sentence; `device` is the device of the host, `holder` the
    owner of its interrupt.
    """

    fault: PartialTreeFault
    numbers: tuple[int, ...] = ()
    device: str = ""
    holder: str = ""


class DeviceFault(StrEnum):
    """Why Xen cannot give a device to dom0; the values appear in JSON documents."""

    NO_SUCH_INTERRUPT = "no-such-interrupt"
    OTHER_TRIGGER = "other-trigger"
    CONSOLE_INTERRUPT = "console-interrupt"
    UNTRANSLATABLE = "untranslatable"
    BEYOND_ADDRESSES = "beyond-addresses"
    EMPTY_REG = "empty-reg"


class StaticMemory(Note, frozen=True):
    """A domain asks for static memory, which coloring forbids."""

    KIND: ClassVar[str] = "static-memory"


class DirectMap(Note, frozen=True):
    """A domain asks for a direct map."""

    KIND: ClassVar[str] = "direct-map"


class StaticSharedMemory(Note, frozen=True):
    """Frames of every color that several domains share; `hosted`: whether the tree gives their host address."""

    KIND: ClassVar[str] = "static-shared-memory"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"hosted"})
    start: int
    end: int
    id: str
    hosted: bool = True


class Passthrough(Note, frozen=True):
    """A device is given to a domain; without an IOMMU its DMA cannot reach colored memory.

    `node` is the partial tree of a dom0less domain, or the key in the file of an xl guest.
    """

    KIND: ClassVar[str] = "passthrough"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"owner"})
    node: str
    owner: DomainKind


class PassthroughMemory(Note, frozen=True):
    """A domain is given memory by address, of every color: by `iomem` of xl, by a dom0less domain's partial tree, or as
    registers of a device that Xen gives to dom0."""

    KIND: ClassVar[str] = "passthrough-memory"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"owner"})
    start: int
    end: int
    owner: DomainKind


class Dom0MemoryDefault(Note, frozen=True):
    """No `dom0_mem`, or `given` as 0: Xen takes 512 MiB."""

    KIND: ClassVar[str] = "dom0-memory-default"
    size: int
    given: bool = False


class MemoryNotPages(Note, frozen=True):
    """An amount of memory is not a multiple of a page; with less than a page a dom0less domain makes Xen hang."""

    KIND: ClassVar[str] = "memory-not-pages"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"owner"})
    size: int
    owner: DomainKind


class DomainWithoutKernel(Note, frozen=True):
    """No kernel module for a dom0less domain."""

    KIND: ClassVar[str] = "domain-without-kernel"


class KernelToCome(Note, frozen=True):
    """A dom0less domain has no kernel module yet: a boot loader may add it."""

    KIND: ClassVar[str] = "kernel-to-come"


class Dom0WithoutKernel(Note, frozen=True):
    """The tree that Xen receives has no kernel at all, or an empty one: Xen stops while it builds dom0."""

    KIND: ClassVar[str] = "dom0-without-kernel"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"empty"})
    empty: bool


class MissingProperty(Note, frozen=True):
    """A property that Xen requires is missing."""

    KIND: ClassVar[str] = "missing-property"
    property_: str


class PropertyRefused(Note, frozen=True):
    """A number in a domain's node at which Xen stops with the message `panic`."""

    KIND: ClassVar[str] = "property-refused"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"panic", "value"})
    property_: str
    value: int
    panic: str


class EnhancedWithoutDom0(Note, frozen=True):
    """`xen,enhanced` needs dom0 for Xenstore or, if `other_domain_may`, a domain with that capability."""

    KIND: ClassVar[str] = "enhanced-without-dom0"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"other_domain_may"})
    other_domain_may: bool


class HardwareDomainRefused(Note, frozen=True):
    """`capabilities`, or a property that a hardware domain must not have, at which Xen panics; `panic` is its
    message.
    """

    KIND: ClassVar[str] = "hardware-domain-refused"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"fault", "panic"})
    fault: HardwareDomainFault
    panic: str


class NoDom0ForXl(Note, frozen=True):
    """There are xl guests, but no dom0 to run xl."""

    KIND: ClassVar[str] = "no-dom0-for-xl"


class HostCrash(Note, frozen=True):
    """4.20: the refused guest brings Xen down."""

    KIND: ClassVar[str] = "defect-4.20-host-crash"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"release"})
    colors: tuple[int, ...]
    release: str


class ToolstackCannotPopulate(Note, frozen=True):
    """4.22.0: no toolstack can give memory to a new guest while coloring is on."""

    KIND: ClassVar[str] = "defect-4.22.0-populate"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"release"})
    release: str


class GuestRejected(Note, frozen=True):
    """xl stops at the guest's file."""

    KIND: ClassVar[str] = "guest-rejected"
    reason: str


class GuestKernelUnnamed(Note, frozen=True):
    """The kernel of an xl guest has an empty name: xl fails while it creates the guest."""

    KIND: ClassVar[str] = "guest-kernel-unnamed"


class GuestMemoryMissing(Note, frozen=True):
    """An xl guest without any memory: xl fails while it creates the guest.

    `pool` are the frames that it keeps; None if the file names no amount at all.
    """

    KIND: ClassVar[str] = "guest-memory-missing"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"pool"})
    pool: int | None = None


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
    """An xl guest names a CPU pool that does not exist after boot; it may be created in dom0 first."""

    KIND: ClassVar[str] = "pool-not-made-at-boot"
    reason: str


class Dom0DeviceRefused(Note, frozen=True):
    """A device of the host's tree that Xen cannot give to dom0: it panics.

    `number` is its interrupt, or the address or end of `reg`; `bits` the width of a P2M's addresses, `other` the device
    with another trigger.
    """

    KIND: ClassVar[str] = "dom0-device-refused"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"bits", "number", "other"})
    node: str
    reason: DeviceFault
    number: int = 0
    bits: int = 0
    other: str = ""


class Dom0TreeFull(Note, frozen=True):
    """Xen's tree for dom0 has no room for this many reserved ranges: it panics."""

    KIND: ClassVar[str] = "dom0-tree-full"
    count: int


class PartialTreeUnread(Note, frozen=True):
    """The mappings of a partial device tree into a dom0less domain are not known."""

    KIND: ClassVar[str] = "partial-tree-unread"
    node: str


class PartialTreeRefused(Note, frozen=True):
    """A partial device tree that Xen refuses, so that it panics. `node` is its module, `refused` the node in it."""

    KIND: ClassVar[str] = "partial-tree-refused"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"refused", "refusal"})
    node: str
    refused: str
    refusal: PartialTreeRefusal


class SharedMemoryRefused(Note, frozen=True):
    """A node of static shared memory at which Xen stops.

    `number` is the length of `xen,shared-mem`, or an address of the host or the guest; `other` is a region by its id.
    A fault of a whole domain has the `bits` of the guests' addresses, or the `owner` that the region has already.
    """

    KIND: ClassVar[str] = "shared-memory-refused"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"fault", "number", "other", "bits", "owner"})
    node: str
    fault: SharedMemoryFault
    number: int = 0
    other: str = ""
    bits: int = 0
    owner: str = ""


class BuddyHeapOpen(Note, frozen=True):
    """Whether the buddy heap of `pages` frames is large enough for what Xen takes, `least` to `most`, is not known."""

    KIND: ClassVar[str] = "buddy-heap-open"
    pages: int
    least: int
    most: int
