"""DRAM banks that colors reach: how colors fix bank, bank group and rank besides the cache sets.

A bank number here is the number whose bit i is the parity of the address under `DramMap.select_masks[i]`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import PAGE
from colorcheck.hardware.board import DramMap
from colorcheck.hardware.gf2 import combinations, value

_MOST_BANKS = 1 << 12


class BankSharing(Struct, frozen=True):
    """The overlap of two sets of colors in the DRAM banks.

    `grade` is `disjoint` (no bank in common), `partial`, or `same` (all banks of one are banks of the other).
    """

    first: frozenset[int]
    second: frozenset[int]
    shared: frozenset[int]

    @property
    def grade(self) -> str:
        if not self.shared:
            return "disjoint"
        return "same" if self.shared in (self.first, self.second) else "partial"


def fixed_functions(dram_map: DramMap, nr_colors: int) -> tuple[int, ...]:
    """The sums of select functions that the color alone determines, as masks over the functions' numbers."""
    return combinations(dram_map.select_masks, _decided(nr_colors))


def banks_of_colors(dram_map: DramMap, colors: Iterable[int], nr_colors: int) -> frozenset[int] | None:
    """The banks that frames of these colors can be in; None if the map is unknown or has too many banks.

    Address bits that the color does not determine may have any value: this is exact for memory that is large enough to
    contain all of them; for less memory it may include banks without frames.
    """
    masks = dram_map.select_masks
    if not masks or 1 << len(masks) > _MOST_BANKS or nr_colors & (nr_colors - 1):
        return None
    decided = _decided(nr_colors)
    free = _span(tuple(value(bit, masks) for bit in _bits_outside(masks, decided)))
    starts = {value(color * PAGE, masks) for color in set(colors)}
    return frozenset(start ^ offset for start in starts for offset in free)


def bank_sharing(dram_map: DramMap, first: ColorSet, second: ColorSet, nr_colors: int) -> BankSharing | None:
    """The overlap of frames of two sets of colors in the banks; None if unknown."""
    banks = tuple(banks_of_colors(dram_map, colors, nr_colors) for colors in (first, second))
    if banks[0] is None or banks[1] is None:
        return None
    return BankSharing(banks[0], banks[1], banks[0] & banks[1])


def _decided(nr_colors: int) -> int:
    """The address bits that a color determines: log2 of the number of colors, from bit 12 on."""
    return (nr_colors - 1) * PAGE


def _bits_outside(masks: tuple[int, ...], decided: int) -> list[int]:
    """Each address bit, as a mask, that is part of a select function and not determined by the color."""
    used = 0
    for mask in masks:
        used |= mask
    return [1 << bit for bit in range(used.bit_length()) if used >> bit & 1 and not decided >> bit & 1]


def _span(vectors: tuple[int, ...]) -> frozenset[int]:
    """All sums of the vectors."""
    found = {0}
    for vector in vectors:
        if vector not in found:
            found |= {one ^ vector for one in found}
    return frozenset(found)
