"""The binary of Xen: the memory it takes when it runs, and the coloring options built into it."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location

_IMAGE_MAGIC = b"ARM\x64"  # at offset 56
_GZIP_MAGIC = b"\x1f\x8b"
_UIMAGE_MAGIC = b"\x27\x05\x19\x56"
_UIMAGE_HEADER = 64
_ENOUGH = 64
_AARCH64 = 183
_PT_LOAD = 1
_LARGEST = 64 << 20  # bytes of a binary that is unpacked
_SMALLEST = 1 << 18  # no Xen is smaller; a file below this is a header only
COLOR_OPTIONS = ("xen-llc-colors", "xen_colors", "xen-colors")
"""The names of the option for Xen's own colors in different releases (`custom_param`)."""
UEFI_SECTIONS = (".config", ".kernel", ".ramdisk", ".xsm", ".dtb")
"""Sections of the image that Xen's EFI loader uses instead of files (`read_section`, 4.20 to 4.22)."""
_PE_HEADER = 24  # bytes, with the signature
_SECTION = 40  # bytes of an entry in the table of sections
_HELP = "give the file `xen` of the build, or xen-image-size instead"


class XenImage(Struct, frozen=True):
    """`size` is `_end - _start` in bytes, which an arm64 Image carries in its header; None if it is not known.

    `options` are those of `COLOR_OPTIONS` whose names the binary holds, as it does for each option that it registers;
    None if not enough of the binary was read to say so. `sha256` is that of the file. `sections` are those of
    `UEFI_SECTIONS` that a unified image has.
    """

    file: str
    size: int | None
    options: frozenset[str] | None = None
    problems: tuple[Problem, ...] = ()
    sha256: str = ""
    sections: tuple[str, ...] = ()


def read_xen_image(data: bytes, file: str = "xen") -> XenImage:
    """Like `_read`, with the hash of the file."""
    return replace(_read(data, file), sha256=hashlib.sha256(data).hexdigest())


def _read(data: bytes, file: str) -> XenImage:
    """The size of a Xen from its binary: an arm64 Image (plain, gzipped, or in an uncompressed uImage) or an ELF file.

    The header is the one of Linux' `Documentation/arch/arm64/booting.rst`, written by `xen/arch/arm/arm64/head.S`.
    """
    if data.startswith(_UIMAGE_MAGIC):
        data = data[_UIMAGE_HEADER:]
    if data.startswith(_GZIP_MAGIC):
        try:
            data = zlib.decompressobj(wbits=31).decompress(data, _LARGEST)
        except zlib.error:
            return _refused(file, "damaged gzip data")
    if data.startswith(b"\x7fELF"):
        return _elf(data, file)
    if len(data) < _ENOUGH:
        return _refused(file, f"{len(data)} bytes are too few for the header of an arm64 Image")
    if data[56:60] != _IMAGE_MAGIC:
        return _refused(file, "neither an arm64 Image (no ARM\\x64 at offset 56) nor an ELF file")
    size = struct.unpack_from("<Q", data, 16)[0]
    if not size:
        return _refused(file, "the header of the Image gives no size")
    return XenImage(file, size, _options(data), sections=tuple(_sections(data)))


def _sections(data: bytes) -> Iterator[str]:
    """The sections of the PE image that the same bytes are, as far as Xen's EFI loader looks for them."""
    at = int.from_bytes(data[60:64], "little")
    if data[:2] != b"MZ" or data[at : at + 4] != b"PE\0\0":
        return
    count, optional = struct.unpack_from("<H12xH", data.ljust(at + _PE_HEADER, b"\0"), at + 6)
    for number in range(count):
        start = at + _PE_HEADER + optional + number * _SECTION
        name = data[start : start + 8].rstrip(b"\0").decode("latin-1")
        if name in UEFI_SECTIONS:
            yield name


def _options(data: bytes) -> frozenset[str] | None:
    if len(data) < _SMALLEST:
        return None
    return frozenset(name for name in COLOR_OPTIONS if name.encode() + b"\0" in data)


def _refused(file: str, message: str) -> XenImage:
    return XenImage(file, None, problems=(Problem(ProblemKind.XEN_IMAGE, message, Location(file), _HELP),))


def _elf(data: bytes, file: str) -> XenImage:
    """The size from the lowest to the highest address of the loaded segments."""
    if len(data) < _ENOUGH or data[4:6] != b"\x02\x01":
        return _refused(file, "not a 64-bit little-endian ELF file, or truncated")
    machine = struct.unpack_from("<H", data, 18)[0]
    if machine != _AARCH64:
        return _refused(file, f"an ELF file for machine {machine}, not for Arm64")
    table, each, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    if each < 56 or table + each * count > len(data):
        return _refused(file, "an ELF file whose program headers are truncated")
    spans = []
    for index in range(count):
        kind, _, _, address, _, _, size, _ = struct.unpack_from("<IIQQQQQQ", data, table + index * each)
        if kind == _PT_LOAD:
            spans.append((address, address + size))
    if not spans:
        return _refused(file, "an ELF file without anything to load")
    return XenImage(file, max(end for _, end in spans) - min(start for start, _ in spans), _options(data))
