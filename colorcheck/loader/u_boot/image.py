"""U-Boot's legacy image: 64 bytes of header with two checksums, then the data.

Source: `include/image.h`, `boot/image.c`, `cmd/source.c: image_source_script` of U-Boot 2023.01.
"""

from __future__ import annotations

import struct
import zlib

from msgspec import Struct

MAGIC = b"\x27\x05\x19\x56"
HEADER = 64
KERNEL, RAMDISK, SCRIPT, TREE = 2, 3, 6, 8
_FIELDS = struct.Struct(">7I4B32s")


class LegacyImage(Struct, frozen=True):
    """A legacy image: its type, compression (0: none), load address, the data as far as it is known and its whole
    size in bytes; whether the checksums are right, that of the data as far as it is known."""

    kind: int
    compression: int
    load: int
    name: str
    data: bytes
    size: int
    header_ok: bool
    data_ok: bool


def read_legacy(data: bytes) -> LegacyImage | None:
    """The image at the start of some bytes; None if no header begins there."""
    if data[:4] != MAGIC or len(data) < HEADER:
        return None
    head = _FIELDS.unpack_from(data)
    size, load, check = head[3], head[4], head[6]
    kind, compression = head[9], head[10]
    body = data[HEADER : HEADER + size]
    blank = data[:4] + bytes(4) + data[8:HEADER]
    name = head[11].split(b"\0")[0].decode("utf-8", "replace")
    right = zlib.crc32(body) == check
    return LegacyImage(kind, compression, load, name, body, size, zlib.crc32(blank) == head[1], right)


def script_refused(image: LegacyImage | None, *, verify: bool) -> str:
    """What `source` says about an image that it does not take; empty if it does."""
    if image is None:
        return 'Wrong image format for "source" command'
    if not image.header_ok:
        return "Bad header crc"
    if verify and not image.data_ok:
        return "Bad data crc"
    if image.kind != SCRIPT:
        return "Bad image type"
    if not script_text(image):
        return "Empty Script"
    return ""


def script_text(image: LegacyImage) -> bytes:
    """The first text of a script image: a list of lengths up to a zero word, then the texts."""
    data = image.data
    if len(data) < 8:
        return b""
    length = struct.unpack_from(">I", data)[0]
    position = 4
    while position + 4 <= len(data) and data[position : position + 4] != bytes(4):
        position += 4
    start = position + 4
    return data[start : start + length].split(b"\0")[0]
