"""Flows of frames against all subsets of the wishes, and what no version of Xen can do."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.proof.flow import most_taken, unserved

COLORS = 4
WISHES = st.lists(st.tuples(st.integers(0, 12), st.sets(st.integers(0, COLORS - 1))), max_size=5)
FREE = st.lists(st.integers(0, 6), min_size=COLORS, max_size=COLORS)


def subsets(count: int) -> list[tuple[int, ...]]:
    return [chosen for size in range(count + 1) for chosen in combinations(range(count), size)]


@given(WISHES, FREE, st.sets(st.integers(0, COLORS - 1)))
def test_the_most_that_is_taken_is_the_least_cut(
    demands: list[tuple[int, set[int]]], free: list[int], of: set[int]
) -> None:
    cuts = []
    for kept in subsets(len(demands)):
        left_out = sum(pages for number, (pages, _) in enumerate(demands) if number not in kept)
        reached = {color for number in kept for color in demands[number][1]} & of
        cuts.append(left_out + sum(free[color] for color in reached))
    assert most_taken(demands, free, of) == min(cuts)


@given(WISHES, FREE)
def test_unserved_wishes_exceed_what_their_colors_hold(demands: list[tuple[int, set[int]]], free: list[int]) -> None:
    def lacks(chosen: tuple[int, ...] | list[int]) -> bool:
        colors = {color for number in chosen for color in demands[number][1]}
        return sum(demands[number][0] for number in chosen) > sum(free[color] for color in colors)

    found = unserved(demands, free)
    assert bool(found) == any(lacks(chosen) for chosen in subsets(len(demands)))
    assert not found or lacks(found)
