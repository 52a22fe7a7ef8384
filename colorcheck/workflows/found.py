"""The files of a folder that belong to a deployment, recognized by content, and those left out, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from colorcheck.files.reading import opened
from colorcheck.inputs.file_kinds import FileKind
from colorcheck.inputs.recognition import recognized

_LOOKED_AT = 1 << 16  # bytes that are read of each file
_MOST = 4096  # the number of files of a folder that are read
_SINGLE: Mapping[FileKind, str] = {
    FileKind.BOOT_LOG: "inputs.boot-log",
    FileKind.UEFI_CONFIG: "inputs.uefi-config",
    FileKind.U_BOOT_SCRIPT: "inputs.boot-script",
    FileKind.U_BOOT_SCRIPT_IMAGE: "inputs.boot-script",
    FileKind.IMAGE_BUILDER: "inputs.image-builder",
}
_XEN_NAMES = ("xen", "xen.bin", "Image.xen", "xen.efi", "xen.gz")
_NOT_GUESTS = frozenset(
    {
        FileKind.SHELL,
        FileKind.PYTHON,
        FileKind.JSON,
        FileKind.YAML,
        FileKind.TOML,
        FileKind.HTML,
        FileKind.XML,
        FileKind.DOCUMENT,
        FileKind.EMPTY,
    }
)


class LeftOut(Struct, frozen=True):
    """A recognized file that the manifest does not name, and why."""

    name: str
    why: str


class FolderContents(Struct, frozen=True):
    """The contents of a folder: values for keys of the manifest, and the files left out."""

    given: Mapping[str, object]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def says_something(self) -> bool:
        return "inputs.device-tree" in self.given or "inputs.domains" in self.given


class _File(Struct, frozen=True):
    name: str
    kind: FileKind
    head: bytes


def found_in(folder: Path) -> FolderContents:
    """Inspects the beginning of every file in the folder; names decide only between files of the same kind."""
    files = tuple(_files(folder))
    given: dict[str, object] = {}
    left: list[LeftOut] = []
    _trees(files, given, left)
    _guests(files, given, left)
    for file in files:
        key = _SINGLE.get(file.kind)
        if key is not None and key not in given:
            given[key] = file.name
        elif key is not None:
            left.append(LeftOut(file.name, f"{file.kind.title} like {given[key]}, which is used"))
    if "inputs.boot-script" in given:
        others = [key for key in ("inputs.image-builder", "inputs.uefi-config") if key in given]
        left += (LeftOut(str(given.pop(key)), "the boot script is used instead") for key in others)
    _builds(files, given, left)
    return FolderContents(given, tuple(left))


def _files(folder: Path) -> Iterator[_File]:
    for path in sorted(folder.iterdir())[:_MOST]:
        try:
            if path.name == "colorcheck.toml":
                continue
            with opened(path, named=True) as file:
                head = file.read(_LOOKED_AT)
        except OSError:
            continue
        kind = recognized(head)
        if kind is not None:
            yield _File(path.name, kind, head)


def _trees(files: tuple[_File, ...], given: dict[str, object], left: list[LeftOut]) -> None:
    """The device tree: a blob is preferred to a source; included files and overlays do not count."""
    whole: list[_File] = []
    for file in files:
        if file.kind is FileKind.DEVICE_TREE and b"/plugin/" in file.head:
            left.append(LeftOut(file.name, "an overlay: add it to overlays if it is applied"))
        elif file.kind is FileKind.DEVICE_TREE and b"/dts-v1/" not in file.head:
            left.append(LeftOut(file.name, "part of a device tree, to be included by others"))
        elif file.kind is FileKind.BLOB and b"fragment@" in file.head and b"__overlay__" in file.head:
            left.append(LeftOut(file.name, "an overlay: add it to overlays if it is applied"))
        elif file.kind in (FileKind.BLOB, FileKind.DEVICE_TREE):
            whole.append(file)
    whole.sort(key=lambda file: (file.kind is not FileKind.BLOB, file.name))
    if whole:
        given["inputs.device-tree"] = whole[0].name
        left += (LeftOut(file.name, f"a different device tree than {whole[0].name}") for file in whole[1:])


def _guests(files: tuple[_File, ...], given: dict[str, object], left: list[LeftOut]) -> None:
    """The xl files: those that xl can read and that have a kernel or memory."""
    from colorcheck.inputs.xl.xl import read_xl

    guests: list[str] = []
    for file in files:
        if file.kind is not FileKind.XL:
            continue
        read = read_xl(file.head.decode("utf-8", "surrogateescape"), file.name)
        keys = {setting.name for setting in read.settings}
        if not keys & {"kernel", "memory", "vcpus", "bootloader", "firmware", "llc_colors", "ramdisk"}:
            left.append(LeftOut(file.name, "it looks like an xl file but has neither a kernel nor memory"))
        else:
            guests.append(file.name)
    if guests:
        given["inputs.domains"] = guests


def _builds(files: tuple[_File, ...], given: dict[str, object], left: list[LeftOut]) -> None:
    """Xen's binary and the complete .config of its build."""
    for file in files:
        if file.kind is FileKind.KCONFIG:
            whole = re.search(rb"^(?:# )?CONFIG_(?:ARM_64|LLC_COLORING|HAS_LLC_COLORING)\b", file.head, re.MULTILINE)
            if (whole or file.name == ".config") and "target.kconfig" not in given:
                given["target.kconfig"] = file.name
            else:
                left.append(LeftOut(file.name, "build options, but not a complete .config of Xen"))
        elif file.kind in (FileKind.ARM64_IMAGE, FileKind.ELF, FileKind.GZIP):
            if file.name in _XEN_NAMES and "target.xen-image" not in given:
                given["target.xen-image"] = file.name
        elif file.kind not in (FileKind.XL, FileKind.DEVICE_TREE, FileKind.BLOB, *_SINGLE, *_NOT_GUESTS):
            left.append(LeftOut(file.name, f"it is {file.kind.title}"))
