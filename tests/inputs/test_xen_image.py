from __future__ import annotations

import gzip
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.inputs.boot.xen_image import read_xen_image


def image(size: int) -> bytes:
    return struct.pack("<IIQQQQQQ4sI", 0x91005A4D, 0x14000000, 0, size, 0xA, 0, 0, 0, b"ARM\x64", 0) + b"\0" * 64


def elf(*segments: tuple[int, int, int], machine: int = 183) -> bytes:
    header = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    return header + b"".join(
        struct.pack("<IIQQQQQQ", kind, 5, 0, start, start, 0, size, 0) for kind, start, size in segments
    )


@pytest.mark.parametrize("wrap", [bytes, gzip.compress, lambda data: b"\x27\x05\x19\x56" + b"\0" * 60 + data])
def test_size_in_the_header(wrap: Callable[[bytes], bytes]) -> None:
    read = read_xen_image(wrap(image(0x174000)))
    assert (read.size, read.problems) == (0x174000, ())


def test_elf_file_from_first_to_last_address() -> None:
    read = read_xen_image(elf((1, 0xA0000200000, 0x100000), (1, 0xA0000300000, 0x12345), (4, 0, 99)))
    assert read.size == 0x112345


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "too few"),
        (image(1)[:63], "too few"),
        (b"\0" * 64, "neither"),
        (image(0), "no size"),
        (elf((1, 0, 1), machine=62), "machine 62"),
        (elf((1, 0, 1))[:-1], "truncated"),
        (elf((4, 0, 1)), "anything to load"),
        (b"\x1f\x8b\xff" + b"\0" * 99, "gzip"),
    ],
)
def test_what_is_no_xen(data: bytes, words: str) -> None:
    read = read_xen_image(data, "some/xen")
    assert read.size is None
    assert words in read.problems[0].message
    assert read.problems[0].location.file == "some/xen"


@given(st.sampled_from([b"", b"\x7fELF\x02\x01", b"\x1f\x8b\x08\0", b"\x27\x05\x19\x56"]), st.binary(max_size=200))
def test_any_bytes_are_read(start: bytes, data: bytes) -> None:
    read = read_xen_image(start + data)
    assert (read.size is None) == bool(read.problems)


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("text", "options"),
    [
        (b"", frozenset()),
        (b"\0xen-llc-colors\0dom0-llc-colors\0", frozenset({"xen-llc-colors"})),
        (b"\0xen_colors\0", frozenset({"xen_colors"})),
        (b"see xen-llc-colors in the manual\n", frozenset()),
    ],
)
def test_options_of_coloring_in_a_whole_binary(
    wrap: Callable[[bytes], bytes], text: bytes, options: frozenset[str]
) -> None:
    assert read_xen_image(wrap(image(0x174000) + text + bytes(1 << 20))).options == options


def test_a_header_alone_says_nothing_of_options() -> None:
    assert read_xen_image(image(0x174000)).options is None
