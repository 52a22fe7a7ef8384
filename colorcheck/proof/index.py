"""Addresses, colors and cache sets as bit-vector terms of SMT-LIB."""

from __future__ import annotations

from collections.abc import Iterable

from colorcheck.core.units import PAGE
from colorcheck.hardware.index import IndexFunction, Linear, UnknownIndex
from colorcheck.proof.script import conjunction, disjunction, vector

PAGE_BITS = PAGE.bit_length() - 1


def same_set(index: IndexFunction, first: str, second: str, width: int) -> str:
    """Two addresses, terms of `width` bits, have the same index. Raises ValueError for an unknown index."""
    masks = index.masks()
    if masks is not None:
        return conjunction([f"(= {_parity(m, first, width)} {_parity(m, second, width)})" for m in masks])
    if isinstance(index, Linear):
        return f"(= {_modular(index, first, width)} {_modular(index, second, width)})"
    if isinstance(index, UnknownIndex):
        raise ValueError(index.reason)
    raise ValueError("a sliced cache whose slices are not indexed by address bits")


def _modular(index: Linear, address: str, width: int) -> str:
    line = f"(bvudiv {address} {vector(index.line, width)})"
    return f"(bvurem {line} {vector(index.sets, width)})"


def _parity(mask: int, address: str, width: int) -> str:
    bits = [f"((_ extract {bit} {bit}) {address})" for bit in range(width) if mask >> bit & 1]
    if not bits:
        return vector(0, 1)
    return bits[0] if len(bits) == 1 else f"(bvxor {' '.join(bits)})"


def color_of(address: str, nr_colors: int) -> str:
    """The color of an address, a term of log2(`nr_colors`) bits; `nr_colors` must be a power of two, at least 2."""
    return f"((_ extract {PAGE_BITS + nr_colors.bit_length() - 2} {PAGE_BITS}) {address})"


def frame_of(address: str, width: int) -> str:
    return f"((_ extract {width - 1} {PAGE_BITS}) {address})"


def inside(address: str, ranges: Iterable[tuple[int, int]], width: int) -> str:
    """The claim that the address is in one of the (start, end) ranges, ends excluded."""
    return disjunction(
        [
            f"(and (bvule {vector(start, width)} {address}) (bvule {address} {vector(end - 1, width)}))"
            for start, end in ranges
        ]
    )


def has_color(address: str, colors: Iterable[int], nr_colors: int) -> str:
    """The claim that the color of the address is one of these."""
    bits = nr_colors.bit_length() - 1
    return disjunction([f"(= {color_of(address, nr_colors)} {vector(color, bits)})" for color in colors])
