"""Set separation: real index functions, held against arithmetic on addresses."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.core.witness import FramesThatMeet
from colorcheck.hardware.index import IndexFunction, KnownIndex, Linear, Sliced, UnknownIndex, XorHashed
from tests.proof.systems import board, domain, level_boot, system, theorems, verdicts

A53 = Linear(64, 1024)
A57 = Linear(64, 2048)


def one(colors: int, *indexes: IndexFunction) -> dict[str, str]:
    of = system(colors, [domain(1, [1], 10)])
    return verdicts(of, level_boot(of, 100), board(*indexes))


def test_a_linear_cache_with_as_many_colors_as_xen_counts_is_proved() -> None:
    found = one(16, A53)
    assert found["sets/cluster0"] == found["geometry/declared"] == "proved"


def test_more_colors_than_the_cache_has_are_refuted_with_two_addresses() -> None:
    of = system(32, [domain(1, [1], 10)])
    theorem = theorems(of, level_boot(of, 100), board(A53))["geometry/declared"]
    assert str(theorem.verdict) == "refuted"
    witness = theorem.witness
    assert isinstance(witness, FramesThatMeet)
    first, second = witness.addresses
    assert A53.set_of(first) == A53.set_of(second) == witness.set
    assert first // 4096 % 32 != second // 4096 % 32
    assert theorem.core


def test_fewer_colors_than_the_cache_has_are_proved() -> None:
    assert one(8, A53)["geometry/declared"] == "proved"


def test_a_smaller_cluster_is_proved_for_what_it_sees() -> None:
    found = one(32, A57, Linear(64, 512))
    assert found["sets/cluster0"] == found["sets/cluster1"] == "proved"


def test_sets_that_are_no_power_of_two() -> None:
    assert one(16, Linear(64, 3072))["sets/cluster0"] == "proved"


def test_an_index_that_hashes_a_color_bit_with_a_higher_one_is_refuted() -> None:
    hashed = XorHashed(64, (*(1 << bit for bit in range(6, 15)), 1 << 15 | 1 << 20))
    assert one(16, hashed)["sets/cluster0"] == "refuted"


def test_an_index_that_mixes_color_bits_only_is_proved() -> None:
    hashed = XorHashed(64, (*(1 << bit for bit in range(6, 15)), 1 << 15 | 1 << 12))
    assert one(16, hashed)["sets/cluster0"] == "proved"


def test_slices_do_not_hurt_a_linear_index() -> None:
    assert one(16, Sliced((1 << 18 | 1 << 21,), A53))["sets/cluster0"] == "proved"


def test_slices_alone_do_not_separate() -> None:
    assert one(16, Sliced((1 << 14 | 1 << 21, 1 << 15 | 1 << 22), Linear(64, 256)))["sets/cluster0"] == "refuted"


def test_an_unknown_index_is_unknown_and_so_are_the_pairs() -> None:
    found = one(16, UnknownIndex("no manual tells"))
    assert found["sets/cluster0"] == found["geometry/declared"] == found["separation/xen/d1"] == "unknown"


def test_no_board_is_unknown() -> None:
    of = system(16, [domain(1, [1], 10)])
    found = verdicts(of, level_boot(of, 100), None)
    assert found["sets/unknown"] == found["separation/xen/d1"] == "unknown"


def test_hashed_color_bits_still_separate_some_sets_of_colors() -> None:
    """Bit 15 is lost to a hash; colors that differ in bit 12 stay apart, as a proof over addresses shows."""
    hashed = XorHashed(64, (*(1 << bit for bit in range(6, 15)), 1 << 15 | 1 << 20))
    of = system(16, [domain(1, [1, 3], 10), domain(2, [2, 4], 10), domain(3, [9], 10)])
    found = verdicts(of, level_boot(of, 100), board(hashed))
    assert found["separation/d1/d2"] == "proved"
    assert found["separation/d1/d3"] == "refuted"


def meets(index: KnownIndex, first: int, second: int, bits: int) -> bool:
    """Whether any two addresses below 2^bits of two colors meet, by trying them all a line apart."""
    seen = {index.set_of(a) for a in range(0, 1 << bits, 64) if a // 4096 % 4 == first}
    return any(index.set_of(b) in seen for b in range(0, 1 << bits, 64) if b // 4096 % 4 == second)


masks = st.integers(1, (1 << 11) - 1).map(lambda mask: mask << 6)


@settings(max_examples=25, deadline=None)
@given(st.lists(masks, min_size=1, max_size=6))
def test_xor_hashes_agree_with_every_address(chosen: list[int]) -> None:
    index = XorHashed(64, tuple(chosen))
    of = system(4, [domain(c, [c], 1) for c in range(1, 4)])
    found = verdicts(of, level_boot(of, 10), board(index, dram=1 << 17))
    for first, second in product(range(4), range(4)):
        if first < second:
            name = f"separation/{'xen' if first == 0 else f'd{first}'}/d{second}"
            # The heap of the test lies above the addresses tried; the masks see none of its bits.
            assert found[name] == ("refuted" if meets(index, first, second, 17) else "proved")


@pytest.mark.parametrize("sets", [64, 96, 128, 192, 256, 320])
def test_linear_caches_agree_with_every_address(sets: int) -> None:
    of = system(4, [domain(c, [c], 1) for c in range(1, 4)])
    found = verdicts(of, level_boot(of, 10), board(Linear(64, sets)))
    for first, second in ((1, 2), (1, 3), (2, 3)):
        expected = "refuted" if meets(Linear(64, sets), first, second, 19) else "proved"
        assert found[f"separation/d{first}/d{second}"] == expected
