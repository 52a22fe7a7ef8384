"""Every reader as a function of bytes, which may end only in a value or in the exception that the reader declares."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from colorcheck.core.source import Location, passage
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.inputs.boot.image_builder import read_image_builder
from colorcheck.inputs.boot.kconfig import read_kconfig
from colorcheck.inputs.boot.xen_image import read_xen_image
from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.loader.image_builder.image_builder import image_builder_boot, load_addresses
from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.migrate.migrate import (
    migrate_boot_arguments,
    migrate_image_builder,
    migrate_tree,
    migrate_xl,
)
from colorcheck.xen.options.color_lists import ColorListRejected, parse_color_list
from colorcheck.xen.options.options import parse_boot_arguments
from colorcheck.xen.release.releases import NAMES, RELEASES


@dataclass(frozen=True, slots=True)
class Reader:
    """`share` is the part of all inputs that it gets; slow readers get fewer."""

    name: str
    read: Callable[[bytes], object]
    share: float


def _boot_arguments(data: bytes) -> object:
    """One Xen line after the other, chosen by the length."""
    text = data.decode("utf-8", "replace")
    found = parse_boot_arguments(text, NAMES[len(data) % len(NAMES)])
    if len(data) % 8 == 0:
        place = Location("fuzzed", 1, 1, 1, len(text) + 1)
        migrate_boot_arguments(passage(text, place), RELEASES[len(data) // 8 % len(RELEASES)])
    return found.to_dict()


def _color_list(data: bytes) -> object:
    try:
        return parse_color_list(data.decode("utf-8", "replace"), 128, NAMES[len(data) % len(NAMES)])
    except ColorListRejected as rejected:
        return str(rejected)


def _xl(data: bytes) -> object:
    text = data.decode("utf-8", "surrogateescape")
    if len(data) % 8 == 0:
        migrate_xl(read_xl(text), RELEASES[len(data) // 8 % len(RELEASES)])
    return parse_xl(text).to_dict()


def _image_builder(data: bytes) -> object:
    file = read_image_builder(data.decode("utf-8", "surrogateescape"))
    boot = image_builder_boot(file)
    load_addresses(boot, {assignment.value.text: 1 << 20 for assignment in file.assignments})
    migrate_image_builder(file, RELEASES[len(data) % len(RELEASES)])
    return boot


def _device_tree_source(data: bytes) -> object:
    found = read_source(str(_folder() / "fuzzed.dts"), data)
    if found.tree:
        migrate_tree(found.tree, RELEASES[len(data) % len(RELEASES)])
    return found


def _manifest(data: bytes) -> object:
    path = _folder() / "colorcheck.toml"
    path.write_bytes(data)
    try:
        return read_manifest(str(path))
    except ManifestError as error:
        return str(error)


@cache
def _folder() -> Path:
    """A folder of its own: what a mutated file includes is not there."""
    shared_memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=shared_memory if os.access(shared_memory, os.W_OK) else None))


READERS: tuple[Reader, ...] = (
    Reader("boot-arguments", _boot_arguments, 0.24),
    Reader("color-list", _color_list, 0.20),
    Reader("xl", _xl, 0.15),
    Reader("image-builder", _image_builder, 0.11),
    Reader("kconfig", lambda data: read_kconfig(data.decode("utf-8", "surrogateescape")), 0.07),
    Reader("manifest", _manifest, 0.04),
    Reader("boot-log", lambda data: parse_boot_log("fuzzed", data.decode("utf-8", "replace")), 0.05),
    Reader("xen-image", read_xen_image, 0.05),
    Reader("device-tree-blob", lambda data: read_blob("fuzzed.dtb", data), 0.05),
    Reader("device-tree-source", _device_tree_source, 0.04),
)


def reader(name: str) -> Reader:
    return next(known for known in READERS if known.name == name)
