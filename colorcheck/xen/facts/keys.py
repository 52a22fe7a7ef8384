"""The facts that the model reads, by name, with the type of their values."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Passage
from colorcheck.xen.facts.book import Key


class Placed(Struct, frozen=True):
    """Something that a boot loader put into memory: address and size in bytes."""

    address: int
    size: int


Ranges = tuple[tuple[int, int], ...]

XEN_ADDRESS: Key[int | None] = Key("xen-address", "where the boot loader puts Xen")
IMAGE_SIZE: Key[int] = Key("xen-image-size", "the size of Xen's image")
TREE_ADDRESS: Key[int | None] = Key("device-tree-address", "where the device tree is loaded")
TREE_SIZE: Key[int] = Key("device-tree-size", "the size of the device tree at the handover")
MEMORY: Key[Ranges | None] = Key("memory", "the banks of memory")
"""None: those of the device tree."""
RAMDISK_RESERVE: Key[bool] = Key("ramdisk-reserve", "whether the boot loader reserves the ramdisk")
DOM0_KERNEL: Key[Placed | None] = Key("dom0-kernel", "where dom0's kernel is loaded and its size")
ARGUMENTS: Key[Passage | None] = Key("arguments", "the arguments that Xen gets")
"""None: those of the device tree, by Xen's own search."""
BOOT_CPU: Key[int | None] = Key("boot-cpu", "the CPU on which Xen starts")
ADDRESS_BITS: Key[int | None] = Key("address-bits", "the physical address bits of the CPU")
FILE_SIZES: Key[None] = Key("file-sizes", "the sizes of files that are loaded")
MODULES: Key[None] = Key("boot-modules", "what the boot loader loads beside the modules that the tree places")
BRANCH: Key[str] = Key("boot-script-branch", "which way the boot script goes")
TREE: Key[None] = Key("device-tree", "what the device tree says")
GUESTS: Key[None] = Key("guests", "the files of the guests")
BUILD: Key[None] = Key("build", "how Xen was built")
MAPPED: Key[None] = Key("mapped-memory", "what partial device trees map into domains")
STATIC_SHM: Key[bool] = Key("STATIC_SHM", "whether Xen is built with static shared memory")
"""Without CONFIG_STATIC_SHM, Xen stops at the first node of static shared memory."""

KEYS: tuple[Key[object], ...] = (  # type: ignore[assignment]
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
    STATIC_SHM,
)
ABOUT = {key.name: key.about for key in KEYS} | {"BOOT_TIME_CPUPOOLS": "whether Xen is built with boot-time pools"}
"""What each fact is about, in words."""
