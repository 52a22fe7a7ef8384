"""Ranges that are met and blocks that are cut, beside plain versions that look at everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location
from colorcheck.xen.machine.machine import Range
from colorcheck.xen.machine.met_ranges import Entries
from colorcheck.xen.memory.buddy_blocks import served

HERE = Location("board.dts", 1)
ranges = st.builds(lambda start, size: Range(start, size, "", HERE), st.integers(0, 12), st.integers(1, 6))


@given(st.lists(ranges, max_size=6), ranges)
def test_the_first_entry_that_is_overlapped_but_does_not_hold_the_range(entries: list[Range], held: Range) -> None:
    frames = set(range(held.start, held.end))
    wanted = None
    for entry in entries:
        its = set(range(entry.start, entry.end))
        if frames & its and not frames <= its:
            wanted = entry
            break
    assert Entries(entries).first_met(held) is wanted


def plain_pieces(free: list[int], pages: int) -> int | None:
    """How many powers of two are taken, the largest first, each from the smallest block that holds it."""
    count = 0
    while pages:
        fitting = [
            1 << order for order in range(19) if 1 << order <= pages and any(each >= 1 << order for each in free)
        ]
        if not fitting:
            return None
        block = min(each for each in free if each >= fitting[-1])
        free.remove(block)
        while block > fitting[-1]:
            block //= 2
            free.append(block)
        pages -= fitting[-1]
        count += 1
    return count


@given(st.lists(st.integers(0, 4), max_size=5), st.lists(st.integers(1, 20), min_size=1, max_size=3))
def test_blocks_are_cut_and_used_up(orders: list[int], sizes: list[int]) -> None:
    free = [1 << order for order in orders]
    last: int | None = 0
    for size in sizes:
        last = plain_pieces(free, size)
        if last is None:
            break
    assert served([(0, order) for order in orders], sizes) == last
