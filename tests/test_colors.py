"""ColorSet: the algebra stated as properties."""

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.colors import ColorSet

colors = st.frozensets(st.integers(0, 140))
sets = colors.map(ColorSet.of)


@given(colors, colors)
def test_it_is_the_algebra_of_sets(a: frozenset[int], b: frozenset[int]) -> None:
    x, y = ColorSet.of(a), ColorSet.of(b)
    assert set(x | y) == a | b
    assert set(x & y) == a & b
    assert set(x - y) == a - b
    assert set(x ^ y) == a ^ b
    assert (x <= y) == (a <= b)
    assert x.isdisjoint(y) == a.isdisjoint(b)
    assert (x == y) == (a == b)
    assert len(x) == len(a)
    assert bool(x) == bool(a)


@given(sets)
def test_iteration_is_ascending(x: ColorSet) -> None:
    assert list(x) == sorted(x)


@given(st.lists(st.integers(0, 140)), st.randoms())
def test_order_and_repetition_do_not_matter(listed: list[int], generator: Random) -> None:
    again = listed * 2
    generator.shuffle(again)
    assert ColorSet.of(again) == ColorSet.of(listed)


@given(sets)
def test_the_text_names_exactly_the_colors(x: ColorSet) -> None:
    named = set()
    for part in str(x).split(",") if str(x) else ():
        first, _, last = part.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == set(x)


@given(sets)
def test_ranges_are_maximal(x: ColorSet) -> None:
    ranges = x.ranges()
    assert all(later[0] > earlier[1] + 1 for earlier, later in itertools.pairwise(ranges))


@given(sets, st.integers(1, 64))
def test_folding_is_taking_the_remainder(x: ColorSet, nr_colors: int) -> None:
    assert set(x.folded(nr_colors)) == {color % nr_colors for color in x}


@given(st.integers(1, 200))
def test_all_colors(nr_colors: int) -> None:
    assert list(ColorSet.all(nr_colors)) == list(range(nr_colors))


def test_membership_takes_any_object() -> None:
    x = ColorSet.of([0, 3])
    assert 3 in x
    assert 1 not in x
    assert -1 not in x
    assert "3" not in x


def test_no_negative_colors() -> None:
    with pytest.raises(ValueError, match="negative"):
        ColorSet.of([-1])
    with pytest.raises(ValueError, match="negative"):
        ColorSet.of_mask(-1)


@given(sets)
def test_it_is_a_value(x: ColorSet) -> None:
    assert hash(x) == hash(ColorSet.of_mask(x.mask))
    with pytest.raises(AttributeError):
        setattr(x, "members", frozenset())  # noqa: B010 - what a type checker would refuse


def test_a_color_may_have_any_number() -> None:
    """xl reads the element "-3" as color 4294967293."""
    x = ColorSet.of([4294967293, 2])
    assert str(x) == "2,4294967293"
    assert x.isdisjoint(ColorSet.of([3]))
