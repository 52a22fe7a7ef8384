"""Whether Xen's region is proved to be alone in memory, by comparing ends, frame by frame and by the solver."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.proof.placement import ALIGNMENT, region_alone
from colorcheck.xen.booted import Interval
from colorcheck.xen.kinds import MapUse
from colorcheck.xen.machine.intervals import Span

UNIT = ALIGNMENT // 2
SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda span: (span[0] * UNIT, (span[0] + span[1]) * UNIT)),
    max_size=3,
)


@given(st.integers(0, 10), st.integers(0, 6), SPANS, SPANS)
def test_alone_in_memory(start: int, size: int, memory: list[Span], others: list[Span]) -> None:
    region = (start * UNIT, (start + size) * UNIT)
    units = range(*region, UNIT)
    free = all(
        any(low <= unit and unit + UNIT <= high for low, high in memory)
        and not any(low < unit + UNIT and unit < high for low, high in others)
        for unit in units
    )
    found = region_alone(region, memory, [Interval(low, high, MapUse.MODULE, "") for low, high in others])
    assert not found or (free and size > 0 and region[0] % ALIGNMENT == region[1] % ALIGNMENT == 0)
    inside_one = any(low <= region[0] and region[1] <= high for low, high in memory)
    if inside_one and free and size and start % 2 == size % 2 == 0:
        assert found
