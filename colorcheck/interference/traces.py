"""Recorded traces, read as a stream: valgrind's lackey, CSV, and a binary form. `.gz` is unpacked on the way.

Lackey (`valgrind --tool=lackey --trace-mem=yes`): ` L address,size`, ` S …`, ` M …` with a hexadecimal address; the
instruction lines (`I  …`) and valgrind's own (`==…`) are left out. CSV: `address,r|w[,gap]` with addresses as in C
and gaps in cycles; a header is left out. Binary (`.bin`): 8 bytes an access, little-endian, bit 63 set for a write.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from typing import BinaryIO, cast

from colorcheck.files.reading import opened

Access = tuple[int, int, int]
"""Byte address, 1 for a write, gap to the next access in cycles (-1: at the workload's rate)."""
CHUNK = 1 << 16


class TraceError(ValueError):
    """A trace that cannot be read; the message names file and line."""


def read_trace(file: str) -> Iterator[Access]:
    """The accesses of a trace in its order, in bounded memory. Raises TraceError."""
    try:
        with _opened(file) as stream:
            if _plain_name(file).endswith(".bin"):
                yield from _binary(file, stream)
            else:
                yield from _lines(file, stream)
    except (OSError, EOFError) as error:
        raise TraceError(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _plain_name(file: str) -> str:
    return file.removesuffix(".gz")


def _opened(file: str) -> BinaryIO:
    plain = opened(file, named=True)
    return cast(BinaryIO, gzip.open(plain, "rb")) if file.endswith(".gz") else plain


def _binary(file: str, stream: BinaryIO) -> Iterator[Access]:
    while block := stream.read(8 * CHUNK):
        if len(block) % 8:
            raise TraceError(f"{file}: ends within an access; each takes 8 bytes")
        for (word,) in struct.iter_unpack("<Q", block):
            yield word & (1 << 63) - 1, word >> 63, -1


_LONGEST = 1 << 16
"""Bytes of a line; one without an end, as of a packed file of zeros, would fill the memory."""


def _lines(file: str, stream: BinaryIO) -> Iterator[Access]:
    for number, raw in enumerate(iter(lambda: stream.readline(_LONGEST + 1), b""), 1):
        if len(raw) > _LONGEST:
            raise TraceError(f"{file}:{number}: longer than {_LONGEST:,} bytes, which no access is")
        text = raw.decode("utf-8", "replace")
        if text.startswith(("==", "--", "I ")) or not text.strip():
            continue
        try:
            yield _lackey(text) if text.startswith((" L ", " S ", " M ")) else _csv(text)
        except ValueError:
            if number == 1:  # a header
                continue
            raise TraceError(
                f"{file}:{number}: {text.strip()!r} is not an access; write `address,r` or `address,w`, or give the "
                f"output"
                " of valgrind's lackey"
            ) from None


def _lackey(text: str) -> Access:
    return int(text[3:].partition(",")[0], 16), int(text[1] != "L"), -1


def _csv(text: str) -> Access:
    cells = [cell.strip() for cell in text.split(",")]
    if len(cells) not in (2, 3) or cells[1].lower() not in ("r", "w"):
        raise ValueError(text)
    address, gap = int(cells[0], 0), int(cells[2]) if len(cells) == 3 else -1
    if address < 0 or gap < -1:
        raise ValueError(text)
    return address, int(cells[1].lower() == "w"), gap
