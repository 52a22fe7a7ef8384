"""The kinds of files around Xen, and those that each key of a manifest takes."""

from __future__ import annotations

from enum import Enum

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location


class FileKind(Enum):
    """A kind of file: its name, and how to pass it to colorcheck, or what to pass instead."""

    DEVICE_TREE = "device tree source", "specify it as device-tree in [inputs]"
    BLOB = "a device tree blob", "specify it as device-tree in [inputs]"
    FIT = "a FIT image", "give the device tree inside: dumpimage -T flat_dt -p NUMBER -o system.dtb FILE"
    FIT_SOURCE = "the source of a FIT image", "give the device tree that it names"
    U_BOOT_SCRIPT = "a U-Boot script", "specify it as boot-script in [inputs]"
    U_BOOT_SCRIPT_IMAGE = "a U-Boot script image", "specify it as boot-script in [inputs]"
    U_BOOT_IMAGE = (
        "a U-Boot image that is not a script",
        "specify it as xen-image or in [[target.modules]]",
    )
    U_BOOT_ENVIRONMENT = "a U-Boot environment", "specify it as boot-script in [inputs]"
    XL = "an xl file", "add it to domains in [inputs]"
    IMAGE_BUILDER = "an ImageBuilder configuration", "specify it as image-builder in [inputs]"
    KCONFIG = "a .config or part of one", "name that of Xen's build as kconfig in [target]"
    KCONFIG_SOURCE = "Kconfig source, which declares options", "give the .config that the build wrote"
    EXTLINUX = (
        "an extlinux configuration",
        "give the tree that it names as device-tree, and Xen's arguments of its append line as boot-arguments",
    )
    GRUB = (
        "a GRUB configuration",
        "specify it as grub-config in [inputs], and the tree that it names as device-tree",
    )
    UEFI_CONFIG = "a configuration of Xen's EFI loader", 'specify it as uefi-config in [inputs], with loader = "uefi"'
    LIBVIRT = "a libvirt domain in XML", "give the xl file: virsh domxml-to-native xen-xl FILE"
    MANIFEST = "a manifest of colorcheck", "give it to the command itself"
    BOOT_LOG = "a boot log of Xen", "specify it as boot-log in [inputs], or give it to colorcheck attest"
    BITBAKE = "a BitBake recipe or configuration", "give the files that the build makes from it"
    ARM64_IMAGE = "an arm64 Image", "name Xen's as xen-image in [target], a kernel in [[target.modules]]"
    ELF = "an ELF file", "name Xen's as xen-image in [target]"
    GZIP = "a gzip file", "unpack it; a compressed Xen can be specified as xen-image directly"
    ARCHIVE = "an archive or compressed file", "unpack it and specify the file inside"
    PATCH = "a patch", "apply it and name the patched file"
    HTML = "a web page", "download the file itself (raw)"
    XML = "XML", "specify the right file"
    JSON = "JSON", "specify the right file"
    YAML = "YAML", "specify the right file"
    TOML = "TOML", "specify the right file"
    SHELL = "a shell script", "name the file that it writes or loads"
    PYTHON = "a Python program", "name the file that it writes"
    EFI_PROGRAM = "a program for UEFI or Windows", "specify the right file"
    DOCUMENT = "a picture or a PDF document", "specify the right file"
    UTF_16 = "UTF-16 text", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > FILE.utf8"
    EMPTY = "an empty file", "specify the right file"
    CONFLICT = (
        "a file with an unresolved merge conflict",
        "resolve it: keep one side, and delete the lines <<<<<<<, ======= and >>>>>>>",
    )
    MARKDOWN = "a page in Markdown or the like", "specify the file that it describes"
    PROSE = "plain text in sentences", "specify the right file"
    COMMENTS = "a file with nothing but comments", "specify the right file"
    BINARY = "a binary file of an unknown kind", "specify the right file"
    CERTIFIED = "evidence that `colorcheck boot` wrote", "specify it as xen-attested in [target]"

    @property
    def title(self) -> str:
        title: str = self.value[0]
        return title

    @property
    def give(self) -> str:
        instead: str = self.value[1]
        return instead


class Slot(Enum):
    """A place in the manifest that takes a file: a description, and the kinds of files that it accepts."""

    DEVICE_TREE = "a device tree", (FileKind.DEVICE_TREE, FileKind.BLOB)
    OVERLAY = "a device tree overlay", (FileKind.DEVICE_TREE, FileKind.BLOB)
    XL = "an xl file", (FileKind.XL,)
    IMAGE_BUILDER = "an ImageBuilder configuration", (FileKind.IMAGE_BUILDER,)
    KCONFIG = "a .config", (FileKind.KCONFIG,)
    XEN_IMAGE = "a binary of Xen", (FileKind.ARM64_IMAGE, FileKind.ELF, FileKind.GZIP, FileKind.U_BOOT_IMAGE)
    BOOT_SCRIPT = (
        "a U-Boot script",
        (FileKind.U_BOOT_SCRIPT, FileKind.U_BOOT_SCRIPT_IMAGE, FileKind.U_BOOT_ENVIRONMENT),
    )
    BOOT_LOG = "a boot log", (FileKind.BOOT_LOG,)
    UEFI_CONFIG = "a configuration of Xen's EFI loader", (FileKind.UEFI_CONFIG,)
    GRUB = "a GRUB configuration", (FileKind.GRUB, FileKind.SHELL)
    EFI_MEMORY_MAP = "the output of memmap in the UEFI shell", ()
    MANIFEST = "a manifest", (FileKind.MANIFEST,)
    XEN_ATTESTED = "the evidence that `colorcheck boot` writes", (FileKind.CERTIFIED,)
    SYSTEM_DUMP = "the tar file made by `colorcheck collect`", ()

    @property
    def title(self) -> str:
        title: str = self.value[0]
        return title

    @property
    def takes(self) -> tuple[FileKind, ...]:
        kinds: tuple[FileKind, ...] = self.value[1]
        return kinds


def told_apart(path: str, kind: FileKind | None, named_at: Location, slot: Slot) -> Problem | None:
    """A problem that names the actual kind of a file; None if it is not known, or if the slot takes it."""
    if kind is None or kind in slot.takes:
        return None
    return Problem(ProblemKind.OTHER_KIND, f"{path} is {kind.title}, not {slot.title}", named_at, kind.give)


FITS = (FileKind.FIT, FileKind.FIT_SOURCE)
"""Images that are written as device trees, and that a reader of trees takes."""
