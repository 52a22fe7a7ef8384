"""The facts that the model reads, by name, with the type of their values."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Passage
from colorcheck.xen.facts.book import FactKey
from colorcheck.xen.facts.met import about_met


class PlacedInMemory(Struct, frozen=True):
    """Something that a boot loader loaded: address and size in bytes."""

    address: int
    size: int


Ranges = tuple[tuple[int, int], ...]

XEN_ADDRESS: FactKey[int | None] = FactKey("xen-address", "where the boot loader loads Xen")
IMAGE_SIZE: FactKey[int] = FactKey("xen-image-size", "the size of Xen's image")
TREE_ADDRESS: FactKey[int | None] = FactKey("device-tree-address", "where the device tree is loaded")
TREE_SIZE: FactKey[int] = FactKey("device-tree-size", "the size of the device tree at the handover")
MEMORY: FactKey[Ranges | None] = FactKey("memory", "the banks of memory")
"""None: those of the device tree."""
RAMDISK_RESERVE: FactKey[bool] = FactKey("ramdisk-reserve", "whether the boot loader reserves the ramdisk")
DOM0_KERNEL: FactKey[PlacedInMemory | None] = FactKey("dom0-kernel", "where dom0's kernel is loaded and its size")
ARGUMENTS: FactKey[Passage | None] = FactKey("arguments", "the arguments that Xen gets")
"""None: those that Xen finds in the device tree."""
BOOT_CPU: FactKey[int | None] = FactKey("boot-cpu", "the CPU on which Xen starts")
ADDRESS_BITS: FactKey[int] = FactKey("address-bits", "the physical address bits of the CPU")
FILE_SIZES: FactKey[None] = FactKey("file-sizes", "the sizes of files that are loaded")
MODULES: FactKey[None] = FactKey("boot-modules", "what the boot loader loads besides the modules in the tree")
BRANCH: FactKey[str] = FactKey("boot-script-branch", "the path of the boot script, and which of a guest's files is run")
TREE: FactKey[None] = FactKey("device-tree", "what the device tree says")
GUESTS: FactKey[None] = FactKey("guests", "the files of the guests")
BUILD: FactKey[None] = FactKey("build", "how Xen was built")
MAPPED: FactKey[None] = FactKey("mapped-memory", "what partial device trees map into domains")
KERNELS: FactKey[None] = FactKey("kernels", "whether the kernels that the tree names are in memory")
STATIC_SHM: FactKey[bool] = FactKey("STATIC_SHM", "whether Xen is built with static shared memory")
"""Without CONFIG_STATIC_SHM, Xen stops at the first node of static shared memory."""

SCHEDULER: FactKey[bool] = FactKey("pool-scheduler", "whether Xen has the schedulers that boot-time pools name")
"""Without one of them, Xen stops at the pool."""

XSM: FactKey[None] = FactKey("XSM", "whether Xen is built with its security module")
SVE: FactKey[None] = FactKey("ARM64_SVE", "whether Xen is built with SVE")
PCI: FactKey[None] = FactKey("HAS_PCI", "whether Xen is built with PCI passthrough")
DOM0LESS: FactKey[None] = FactKey("DOM0LESS_BOOT", "whether Xen is built with dom0less boot")
"""Without it, Xen ignores the domains of the tree."""
IOMMU: FactKey[bool] = FactKey("iommu-driver", "whether Xen has the driver of the board's IOMMU")
"""Without it, Xen has no IOMMU: it stops at a hardware domain of the tree, and where arguments demand one."""
BAD_PAGES: FactKey[None] = FactKey("badpage", "which frames Xen leaves out at boot")
PDX_OFFSETS: FactKey[None] = FactKey("PDX_OFFSET_COMPRESSION", "how Xen compresses frame numbers")
"""Compression by offsets is not modelled; it is irrelevant where memory is one range from the first GiB on."""

KEYS: tuple[FactKey[object], ...] = (  # type: ignore[assignment]
    XEN_ADDRESS,
    IMAGE_SIZE,
    TREE_ADDRESS,
    TREE_SIZE,
    MEMORY,
    RAMDISK_RESERVE,
    DOM0_KERNEL,
    ARGUMENTS,
    BOOT_CPU,
    ADDRESS_BITS,
    FILE_SIZES,
    TREE,
    GUESTS,
    BUILD,
    BRANCH,
    MODULES,
    MAPPED,
    KERNELS,
    STATIC_SHM,
    SCHEDULER,
    IOMMU,
    BAD_PAGES,
    PDX_OFFSETS,
    XSM,
    SVE,
    PCI,
    DOM0LESS,
)
ABOUT = {key.name: key.about for key in KEYS} | {"BOOT_TIME_CPUPOOLS": "whether Xen is built with boot-time pools"}
"""What each fact is about, in words."""


def about(name: str) -> str:
    """What the fact of this name is about, in words; empty if nothing is known about it."""
    return ABOUT.get(name) or about_met(name)
