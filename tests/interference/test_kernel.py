"""The cache simulation against models written anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.interference import kernel
from colorcheck.interference.compiled import has_numba
from colorcheck.interference.engine import Engine, compiled_engine, plain_engine
from colorcheck.interference.layout import cache_state, line_bits
from colorcheck.interference.seeds import seed_of
from tests.interference.interference_lab import lru_hits, plru_hits

NUMBA = "needs numba: pip install 'xen-colorcheck[lab]'"
ENGINES = [
    plain_engine,
    pytest.param(
        compiled_engine,
        marks=pytest.mark.skipif(not has_numba(), reason=NUMBA),
    ),
]
POLICIES = (kernel.LRU, kernel.PLRU, kernel.RANDOM)


def bare_hits(engine: Engine, policy: int, lines: list[int], sets: int, ways: int) -> int:
    row = [0] * kernel.FIELDS
    count = max(lines, default=0) + 1
    row[kernel.WAYS], row[kernel.POLICY], row[kernel.LAST], row[kernel.BITS] = ways, policy, 1, line_bits(count)
    state = cache_state(engine, [(sets, ways)], policy, seed=7, lines=count)
    return engine.count_hits(engine.ints(row, bits=32), state, engine.ints(lines), sets - 1)


geometries = st.tuples(st.sampled_from((1, 2, 4)), st.integers(1, 17))
traces = st.lists(st.integers(0, 60), max_size=300)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=150, deadline=None)
@given(geometry=geometries, lines=traces)
def test_lru_hits_as_a_textbook_cache_does(
    engine: Callable[[], Engine], geometry: tuple[int, int], lines: list[int]
) -> None:
    assert bare_hits(engine(), kernel.LRU, lines, *geometry) == lru_hits(lines, *geometry)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=150, deadline=None)
@given(geometry=geometries, lines=traces)
def test_tree_pseudo_lru_hits_as_the_tree_walked_by_hand(
    engine: Callable[[], Engine], geometry: tuple[int, int], lines: list[int]
) -> None:
    assert bare_hits(engine(), kernel.PLRU, lines, *geometry) == plru_hits(lines, *geometry)


@pytest.mark.skipif(not has_numba(), reason=NUMBA)
@settings(max_examples=60, deadline=None)
@given(policy=st.sampled_from(POLICIES), geometry=geometries, lines=traces)
def test_both_engines_count_the_same(policy: int, geometry: tuple[int, int], lines: list[int]) -> None:
    assert bare_hits(compiled_engine(), policy, lines, *geometry) == bare_hits(plain_engine(), policy, lines, *geometry)


def test_tree_equals_lru_for_two_ways() -> None:
    lines = [n * n % 23 for n in range(500)]
    assert bare_hits(plain_engine(), kernel.PLRU, lines, 4, 2) == lru_hits(lines, 4, 2)


def test_random_keeps_what_fits_and_keeps_part_of_what_does_not() -> None:
    fits = [n % 64 for n in range(6400)]
    assert bare_hits(plain_engine(), kernel.RANDOM, fits, 4, 16) == 6400 - 64
    beyond = [n % 128 for n in range(6400)]
    assert lru_hits(beyond, 4, 16) == 0
    assert 600 < bare_hits(plain_engine(), kernel.RANDOM, beyond, 4, 16) < 3200


def test_random_uses_all_ways_alike() -> None:
    state, drawn = seed_of(1, 1), [0] * 12
    for _ in range(24_000):
        state = kernel.random_next(state)
        drawn[(state * 12) >> 32] += 1
    assert all(1_800 < count < 2_200 for count in drawn)
