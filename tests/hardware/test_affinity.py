"""Which caches domains share, and what colors mean in clusters with fewer sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.hardware.affinity import cache_groups, folds, meetings, shared_caches
from colorcheck.hardware.index import Linear
from colorcheck.hardware.sets_of_frames import sets_of_frames
from colorcheck.plugins.manager import catalogue
from tests.hardware.safe_colors import safe_nr_colors
from tests.shapes import present

LITTLE, BIG = frozenset(range(4)), frozenset((4, 5))


@pytest.mark.parametrize(
    ("name", "first", "second", "shared"),
    [
        ("rk3399", LITTLE, BIG, 0),
        ("rk3399", LITTLE, LITTLE, 1),
        ("rk3399", None, BIG, 1),
        ("rk3399", None, None, 2),
        ("rk3399", LITTLE | BIG, BIG, 1),
        ("imx8qm", LITTLE, BIG, 0),
        ("rcar-h3", frozenset(range(4)), frozenset(range(4, 8)), 0),
        ("zcu102", frozenset((0,)), frozenset((1,)), 1),
        ("rk3588", LITTLE, frozenset((4, 5)), 1),
        ("lx2160a", frozenset((0,)), frozenset((2,)), 0),
        ("lx2160a", None, None, 8),
        ("rk3399", frozenset((9,)), BIG, 1),
    ],
)
def test_shared_caches(name: str, first: frozenset[int] | None, second: frozenset[int] | None, shared: int) -> None:
    assert len(shared_caches(catalogue().board(name), first, second)) == shared


def test_cores_of_two_kinds_share_a_dynamiq_cache() -> None:
    groups = cache_groups(catalogue().board("rk3588"))
    assert [group.clusters for group in groups] == [(0, 1)]
    assert groups[0].cpus == frozenset(range(8))


def test_cpus_that_are_not_numbered_may_be_anywhere() -> None:
    board = catalogue().board("rk3399")
    odd = replace(board, clusters=tuple(replace(c, cpus=tuple(i + 256 for i in c.cpus)) for c in board.clusters))
    assert len(shared_caches(odd, frozenset((256,)), frozenset((260,)))) == 2


def test_folding_on_r_car_h3() -> None:
    """Booted on its A57 with 32 colors, colors 8 apart meet in the A53 cluster."""
    board = catalogue().board("rcar-h3")
    assert [(group.label, modulus) for group, modulus in folds(board, 32)] == [("L2 of the cortex-a53 cluster", 8)]
    assert safe_nr_colors(board) == 8
    one, other = (ColorSet.of([3]), None), (ColorSet.of([11]), None)
    met = {meeting.group.label: meeting.apart for meeting in meetings(board, one, other, 32)}
    assert met == {"L2 of the cortex-a57 cluster": True, "L2 of the cortex-a53 cluster": False}
    pinned = (ColorSet.of([11]), frozenset(range(4)))
    assert all(meeting.apart for meeting in meetings(board, one, pinned, 32))


def test_a_larger_second_cluster_keeps_colors_apart() -> None:
    """RK3399 boots on its A53 with 8 colors; its A72 has 16."""
    board = catalogue().board("rk3399")
    assert folds(board, 8) == ()
    assert all(m.apart for m in meetings(board, (ColorSet.of([0]), None), (ColorSet.of([1]), None), 8))


@given(st.sampled_from([4, 8, 16, 32]), st.sampled_from([4, 8, 16, 32]), st.integers(0, 31), st.integers(0, 31))
def test_apart_means_that_no_frames_meet(xens: int, caches: int, first: int, second: int) -> None:
    board = catalogue().board("zcu102")
    index = Linear(64, caches * 64)
    llc = replace(present(board.boot_cluster.llc), sets=caches * 64, index=index)
    board = replace(board, clusters=(replace(board.clusters[0], llc=llc),))
    colors = [first % xens, second % xens]
    one, other = ((ColorSet.of([color]), None) for color in colors)
    (meeting,) = meetings(board, one, other, xens)
    frames = [range(color, 256, xens) for color in colors]
    meet = sets_of_frames(index, frames[0]) & sets_of_frames(index, frames[1])
    assert meeting.apart == (not meet)


def test_nothing_is_apart_where_the_geometry_is_unknown() -> None:
    board = catalogue().board("s32g274a")
    met = meetings(board, (ColorSet.of([0]), None), (ColorSet.of([1]), None), 16)
    assert met
    assert not any(meeting.apart for meeting in met)
    assert safe_nr_colors(board) is None
