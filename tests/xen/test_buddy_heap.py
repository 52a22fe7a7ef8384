"""The buddy heap while domains are built: bounds around measurements, blocks, pieces, and what is left open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.xen.kinds import DomainKind, FailureKind
from colorcheck.xen.memory.buddy_blocks import blocks, served, untouched
from colorcheck.xen.memory.buddy_use import BuddyHeap, Use, by_domain, by_xen
from colorcheck.xen.notes.domains import BuddyHeapOpen
from colorcheck.xen.system import Domain
from tests.proof.systems import domain


@pytest.mark.parametrize(("cpus", "measured"), [(1, (64, 73)), (2, (87, 96)), (4, (134, 142))])
def test_bounds_hold_what_was_measured(cpus: int, measured: tuple[int, int]) -> None:
    found = by_xen((cpus, cpus), cpus, 9)
    assert found.least <= measured[0]
    assert found.most >= measured[1]


def test_bounds_of_xen() -> None:
    assert by_xen((1, 1), 1, 0) == by_xen((0, 0), 0, 0) == Use(55, 80)
    assert by_xen((2, 4), 3, 9, 5) == Use(55 + 10 + 16, 80 + 48 + 20 + 36 + 5)
    assert Use(1, 2) + Use(10, 20) == Use(11, 22)


def of(kind: DomainKind, vcpus: int = 1, shares: tuple[tuple[str, int], ...] = ()) -> Domain:
    return replace(domain(1, (0,), 1), kind=kind, vcpus=vcpus, buddy_shares=shares)


@pytest.mark.parametrize(
    ("kind", "vcpus", "expected"),
    [
        (DomainKind.DOM0, 4, Use()),
        (DomainKind.DOM0LESS, 1, Use(27, 31)),  # 29 measured, and 9 for each further vCPU
        (DomainKind.DOM0LESS, 3, Use(43, 51)),
        (DomainKind.XL, 1, Use(27, 62)),
        (DomainKind.XL, 3, Use(43, 102)),
    ],
)
def test_bounds_of_a_domain(kind: DomainKind, vcpus: int, expected: Use) -> None:
    assert by_domain(of(kind, vcpus)) == expected


def test_a_domain_between_the_bounds_is_open() -> None:
    small = of(DomainKind.DOM0LESS)
    for pages, notes, failed in ((31, 0, False), (30, 1, False), (27, 1, False), (26, 0, True)):
        heap = BuddyHeap([(0, pages)])
        assert (heap.takes(small) is not None) == failed
        noted = BuddyHeapOpen(small.location, small.name, pages=pages, least=27, most=31)
        assert heap.notes == [noted] * notes
        assert set(heap.met) == ({"buddy-heap"} if notes else set())
    refused = BuddyHeap([(0, 30)], chosen={"buddy-heap": False}).takes(small)
    assert refused is not None
    assert refused.kind is FailureKind.DOMAIN_MEMORY


def test_only_the_first_open_domain_is_noted() -> None:
    heap = BuddyHeap([(0, 57)])
    assert [heap.takes(of(DomainKind.DOM0LESS)) for _ in range(2)] == [None, None]
    assert len(heap.notes) == 1


def test_a_share_is_taken_once() -> None:
    heap = BuddyHeap([(0, 1000)])
    for _ in range(2):
        assert heap.takes(of(DomainKind.DOM0LESS, shares=(("a", 256),))) is None
    assert heap.used == Use(256 + 2 * 27, 256 + 2 * 31)


SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), min_size=1, max_size=3).map(
    lambda parts: [(1000 * number + low, 1000 * number + low + size) for number, (low, size) in enumerate(parts)]
)


@given(SPANS)
def test_blocks_are_aligned_and_fill_the_spans(spans: list[tuple[int, int]]) -> None:
    found = blocks(spans)
    assert all(start % (1 << order) == 0 for start, order in found)
    frames = [frame for start, order in found for frame in range(start, start + (1 << order))]
    assert frames == [frame for start, end in spans for frame in range(start, end)]


@given(SPANS, st.integers(0, 300))
def test_untouched_blocks_lie_apart_in_the_spans_and_leave_out_what_is_used(
    spans: list[tuple[int, int]], used: int
) -> None:
    found = untouched(spans, used)
    frames = [frame for start, order in found for frame in range(start, start + (1 << order))]
    assert len(set(frames)) == len(frames)
    assert set(frames) <= {frame for start, end in spans for frame in range(start, end)}
    whole = sum(end - start for start, end in spans)
    assert whole - len(frames) >= min(used, whole)
    assert all(order >= 6 for _, order in found)


def serve(free: list[tuple[int, int]], order: int) -> bool:
    """A request as Xen serves it: the smallest block that holds it, in the highest zone that has one."""
    fitting = [block for block in free if block[1] >= order]
    if not fitting:
        return False
    start, size = max(fitting, key=lambda block: (block[0].bit_length(), -block[1]))
    free.remove((start, size))
    free += [(start + (1 << each), each) for each in range(order, size)]
    return True


@given(SPANS, st.lists(st.integers(0, 4), max_size=60), st.lists(st.integers(1, 250), min_size=1, max_size=2))
def test_pieces_are_never_more_than_from_what_is_untouched(
    spans: list[tuple[int, int]], before: list[int], sizes: list[int]
) -> None:
    free = blocks(spans)
    used = sum(1 << order for order in before if serve(free, order))
    most = served(untouched(spans, used), sizes)
    really = served(free, sizes)
    assert most is None or (really is not None and really <= most)


@pytest.mark.parametrize(
    ("orders", "sizes", "expected"),
    [
        ([3], [8], 1),
        ([3], [7], 3),
        ([2, 2], [8], 2),
        ([2, 2], [9], None),
        ([3], [3, 5], 2),
        ([3], [], 0),
        ([0, 0, 0], [3], 3),
        ([4], [8, 8, 1], None),
    ],
)
def test_pieces(orders: list[int], sizes: list[int], expected: int | None) -> None:
    """The largest powers of two first; a larger block is split."""
    assert served([(0, order) for order in orders], sizes) == expected
