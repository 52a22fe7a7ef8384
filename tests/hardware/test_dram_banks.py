"""Banks that colors reach, against counting frame by frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import PAGE
from colorcheck.hardware.board import DramMap
from colorcheck.hardware.dram_banks import bank_sharing, banks_of_colors, fixed_functions
from colorcheck.hardware.gf2 import combinations, parity, value
from colorcheck.plugins.manager import catalogue

TOP = 20  # bits of the memory that is counted through
MASKS = st.lists(st.integers(1, (1 << TOP) - 1), min_size=1, max_size=5).map(tuple)
NR_COLORS = st.sampled_from([2, 4, 16])


def counted(masks: tuple[int, ...], colors: set[int], nr_colors: int) -> frozenset[int]:
    step = min((mask & -mask for mask in masks), default=PAGE)
    return frozenset(
        value(address, masks)
        for frame in range((1 << TOP) // PAGE)
        if frame % nr_colors in colors
        for address in range(frame * PAGE, (frame + 1) * PAGE, min(step, PAGE))
    )


@given(MASKS.map(lambda masks: tuple(mask & ~0x3FF or 1 << 10 for mask in masks)), NR_COLORS, st.data())
def test_banks_are_those_of_the_frames(masks: tuple[int, ...], nr_colors: int, data: st.DataObject) -> None:
    colors = data.draw(st.sets(st.integers(0, nr_colors - 1), max_size=4))
    assert banks_of_colors(DramMap(masks, "test"), colors, nr_colors) == counted(masks, colors, nr_colors)


@given(MASKS, st.integers(0, (1 << TOP) - 1), st.integers(0, (1 << TOP) - 1))
def test_fixed_sums_depend_on_the_fixed_bits_only(masks: tuple[int, ...], fixed: int, address: int) -> None:
    for used in combinations(masks, fixed):
        total = 0
        for number, mask in enumerate(masks):
            if used >> number & 1:
                total ^= mask
        assert not total & ~fixed
        assert parity(address, total) == parity(address & fixed, total)


@pytest.mark.parametrize(
    ("name", "fixed", "of"),
    [
        ("zcu102", 3, 4),
        ("zcu106", 3, 4),
        ("zcu104", 3, 3),
        ("ultra96", 3, 4),
        ("kria-k26", 2, 3),
        ("imx8mm", 3, 3),
        ("imx8mp", 3, 4),
        ("imx8mq", 3, 4),
        ("imx8mn", 2, 3),
        ("rpi4", 3, 3),
        ("rpi5", 1, 4),
    ],
)
def test_what_a_color_fixes(name: str, fixed: int, of: int) -> None:
    """Table "DRAM banks" of the boards' sources."""
    board = catalogue().board(name)
    assert board.dram_map is not None
    assert board.nr_colors is not None
    assert len(board.dram_map.select_masks) == of
    assert len(fixed_functions(board.dram_map, board.nr_colors)) == fixed


def test_grades() -> None:
    board = catalogue().board("zcu104")
    assert board.dram_map is not None
    halves = bank_sharing(board.dram_map, ColorSet.of([0, 1]), ColorSet.of([2, 3]), 16)
    same = bank_sharing(board.dram_map, ColorSet.of([0]), ColorSet.of([1]), 16)
    part = bank_sharing(board.dram_map, ColorSet.of([0, 2]), ColorSet.of([1, 4]), 16)
    assert [sharing.grade for sharing in (halves, same, part) if sharing] == ["disjoint", "same", "partial"]


def test_xor_maps() -> None:
    board = catalogue().board("jetson-nano")
    assert board.dram_map is not None
    assert banks_of_colors(board.dram_map, [0], 32) == frozenset(range(16))


def test_an_unknown_map_says_nothing() -> None:
    board = catalogue().board("rk3399")
    assert board.dram_map is not None
    assert banks_of_colors(board.dram_map, [0], 8) is None
    assert bank_sharing(board.dram_map, ColorSet.of([0]), ColorSet.of([1]), 8) is None
