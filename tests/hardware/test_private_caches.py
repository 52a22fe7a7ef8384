"""What colors leave of private caches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Cache, CacheKind
from colorcheck.hardware.index import Linear, UnknownIndex
from colorcheck.hardware.private_caches import private_shares, reduced_shares, usable_parts
from colorcheck.hardware.sets_of_frames import sets_of_frames
from colorcheck.plugins.manager import catalogue


@given(st.sampled_from([64, 128, 256, 512]), st.sampled_from([4, 8, 16]), st.sets(st.integers(0, 3), min_size=1))
def test_parts_are_those_of_the_frames(sets: int, nr_colors: int, colors: set[int]) -> None:
    cache = Cache(1, sets * 64 * 4, 4, 64, sets, Linear(64, sets), CacheKind.DATA)
    frames = [mfn for mfn in range(64) if mfn % nr_colors in colors]
    usable, parts = usable_parts(cache, colors, nr_colors) or (0, 1)
    assert usable / parts == len(sets_of_frames(Linear(64, sets), frames)) / sets


@pytest.mark.parametrize(
    ("name", "colors", "shares"),
    [
        ("zcu102", (0,), {"L1 data cache": 0.5}),
        ("zcu102", (0, 2), {"L1 data cache": 0.5}),
        ("zcu102", (0, 1), {"L1 data cache": 1.0}),
        ("rpi4", (0,), {"L1 data cache": 0.25, "L1 instruction cache": 0.25}),
        ("rpi4", (0, 1), {"L1 data cache": 0.5, "L1 instruction cache": 0.5}),
        ("jetson-nano", (0, 1, 2, 3), {"L1 data cache": 1.0, "L1 instruction cache": 1.0}),
    ],
)
def test_shares(name: str, colors: tuple[int, ...], shares: dict[str, float]) -> None:
    board = catalogue().board(name)
    found = {share.name: share.share for share in private_shares(board, colors, board.nr_colors or 0)}
    assert found == shares


def test_nothing_is_claimed_of_an_unknown_index() -> None:
    cache = Cache(1, 4 * PAGE, 2, 64, 128, UnknownIndex("virtual"), CacheKind.DATA)
    assert usable_parts(cache, (0,), 16) is None


def test_all_colors_leave_everything() -> None:
    for board in catalogue().boards():
        if board.nr_colors:
            assert reduced_shares(board, range(board.nr_colors), board.nr_colors) == ()
