"""The meanings of index functions agree: one address, whole frames, arrays, and parity masks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.units import PAGE
from colorcheck.hardware.gf2 import parity
from colorcheck.hardware.index import KnownIndex, Linear, Sliced, UnknownIndex, XorHashed
from colorcheck.hardware.sets_of_frames import sets_of_frame, sets_of_frames

np = pytest.importorskip("numpy", reason="needs numpy: pip install numpy")

ADDRESSES = st.integers(0, (1 << 40) - 1)
LINES = st.sampled_from([32, 64, 256])
MASKS = st.integers(1 << 5, (1 << 36) - 1)
linear = st.builds(Linear, LINES, st.sampled_from([64, 256, 512, 1024, 4096, 3072, 96]))
hashed = st.builds(XorHashed, LINES, st.lists(MASKS, min_size=1, max_size=12).map(tuple))
sliced = st.builds(Sliced, st.lists(MASKS, min_size=1, max_size=3).map(tuple), linear | hashed)
INDEXES = linear | hashed | sliced


@given(INDEXES, ADDRESSES)
def test_a_set_is_below_the_number_of_sets(index: KnownIndex, address: int) -> None:
    assert 0 <= index.set_of(address) < index.n_sets


@given(INDEXES, ADDRESSES)
def test_masks_say_the_same(index: KnownIndex, address: int) -> None:
    masks = index.masks()
    if masks is not None:
        assert index.set_of(address) == sum(parity(address, mask) << bit for bit, mask in enumerate(masks))


@given(INDEXES, st.integers(0, (1 << 24) - 1))
def test_frames_say_the_same(index: KnownIndex, mfn: int) -> None:
    start = mfn * PAGE
    expected = {index.set_of(address) for address in range(start, start + PAGE, min(index.line, 32))}
    if isinstance(index, Linear):
        assert sets_of_frame(index, mfn) == expected
    else:
        # A hash may use bits inside of a line only in an invented cache; whole lines are what is asked for.
        lines = {index.set_of(address) for address in range(start, start + PAGE, index.line)}
        assert sets_of_frame(index, mfn) == lines


@given(INDEXES, st.lists(st.integers(0, (1 << 20) - 1), max_size=20))
def test_many_frames_are_the_union(index: KnownIndex, mfns: list[int]) -> None:
    assert sets_of_frames(index, mfns) == frozenset().union(*(sets_of_frame(index, mfn) for mfn in mfns))


@given(INDEXES, st.lists(ADDRESSES, min_size=1, max_size=50))
def test_arrays_say_the_same(index: KnownIndex, addresses: list[int]) -> None:
    from colorcheck.hardware.index_arrays import sets_of_addresses

    found = sets_of_addresses(index, np.array(addresses, dtype=np.uint64))
    assert found.tolist() == [index.set_of(address) for address in addresses]


@given(st.integers(0, (1 << 24) - 1), st.integers(0, (1 << 24) - 1))
def test_frames_of_different_colors_never_meet_in_a_linear_cache(first: int, second: int) -> None:
    index = Linear(64, 1024)
    meet = bool(sets_of_frame(index, first) & sets_of_frame(index, second))
    assert meet == (first % 16 == second % 16)


def test_slices_of_a_cache_whose_sets_are_no_power_of_two() -> None:
    index = Sliced((1 << 20,), Linear(64, 3072))
    assert index.n_sets == 6144
    assert index.set_of(1 << 20) == 3072 + (1 << 20) // 64 % 3072
    assert index.masks() is None


def test_nothing_is_known_of_an_unknown_index() -> None:
    assert UnknownIndex("undocumented").masks() is None
