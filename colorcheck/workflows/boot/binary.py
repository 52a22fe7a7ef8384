"""The binary of the user's Xen, prepared for booting."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib

from msgspec import Struct

from colorcheck.core.units import size
from colorcheck.files.reading import Unreadable, contents
from colorcheck.inputs.boot.xen_image import read_xen_image

LARGEST = 64 << 20  # the largest Xen, in bytes
_GZIP = b"\x1f\x8b"
_IMAGE_MAGIC = b"ARM\x64"


class BinaryError(Exception):
    """The file is not a Xen that can be booted; `advice` says what to give instead."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class XenBinary(Struct, frozen=True):
    """`sha256` is the hash of the file as given; `image` the arm64 Image in it; `size` its size in memory, in
    bytes; `colored` whether it has the coloring options.
    """

    file: str
    sha256: str
    image: bytes
    size: int
    colored: bool


def read_binary(file: str) -> XenBinary:
    """Read a Xen: an arm64 Image, plain or gzipped as in distributions. Raises BinaryError."""
    try:
        data = contents(file, LARGEST, named=True)
    except Unreadable as error:
        raise BinaryError(f"cannot read {file}: {error.reason}", error.advice) from None
    image = _unpacked(file, data) if data.startswith(_GZIP) else data
    if image[56:60] != _IMAGE_MAGIC:
        raise BinaryError(
            f"{file} is not an arm64 Image (no ARM\\x64 at offset 56)",
            "give the file `xen` of the build, not xen-syms or a uImage",
        )
    read = read_xen_image(image, file)
    if read.size is None:
        raise BinaryError(f"{file}: {read.problems[0].message}", read.problems[0].help or "")
    if not read.options and b"Xen" not in image:
        raise BinaryError(f"{file} is an arm64 Image, but not one of Xen", "give the file `xen` of the build")
    return XenBinary(file, hashlib.sha256(data).hexdigest(), image, read.size, bool(read.options))


def _unpacked(file: str, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            found = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BinaryError(f"{file}: damaged gzip data ({error})") from None
    if len(found) > LARGEST:
        raise BinaryError(f"{file} unpacks to more than {size(LARGEST)}")
    return found
