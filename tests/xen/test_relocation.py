"""The place that Xen moves to, against a look at every aligned place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location
from colorcheck.core.units import MIB
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.machine import Machine, Range
from colorcheck.xen.memory.relocation import ALIGNMENT, obstacles, place, region_size

NOWHERE = Location("-")
STARTS = st.one_of(st.integers(1, 60), st.sampled_from([10, 20, 30]))


def ranges(numbers: list[tuple[int, int]], unit: int) -> tuple[Range, ...]:
    return tuple(Range(start * unit, size * unit, "", NOWHERE) for start, size in numbers)


def every_place(machine: Machine, size: int) -> list[Span]:
    """Aligned places inside a bank that hold nothing else."""
    held = obstacles(machine, size)
    return [
        (start, start + size)
        for bank in machine.spans
        for start in range(-(-bank[0] // ALIGNMENT) * ALIGNMENT, bank[1] - size + 1, ALIGNMENT)
        if not any(low < start + size and start < high for low, high in held)
    ]


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=3),
    st.lists(st.tuples(STARTS, st.integers(1, 6)), max_size=5),
    st.sampled_from([1, 2, MIB // 4096]),
    st.sampled_from([2, 4, 16]),
)
def test_xen_moves_to_the_highest_place(
    banks: list[int], reserved: list[tuple[int, int]], pages: int, nr_colors: int
) -> None:
    start, spans = 1, list[tuple[int, int]]()
    for size in banks:
        spans.append((start, size))
        start += size + 1
    machine = Machine(ranges(spans, 2 * MIB), ranges(reserved, 2 * MIB), image_size=pages * 4096)
    size = region_size(machine.image_size, nr_colors)
    assert place(machine, nr_colors) == max(every_place(machine, size), default=None)
