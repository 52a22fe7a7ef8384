"""Where a bound says that dom0's memory fits, it fits wherever Xen, and so the hole of dom0's grant table, lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location
from colorcheck.core.units import MIB, PAGE
from colorcheck.xen.machine.machine import Machine, Range
from colorcheck.xen.memory.dom0_banks import GRANT_FRAMES, banks, free_pieces
from colorcheck.xen.release.releases import RELEASES
from colorcheck.xen.release.traits import BankOrder
from colorcheck.xen.worlds.bound import dom0_fits

NOWHERE = 1 << 44
BLOCK = 2 * MIB


@pytest.mark.parametrize("release", ["4.20", "4.21", "4.22"])
@given(data=st.data())
def test_what_fits_by_the_bound_fits_around_any_hole(release: str, data: st.DataObject) -> None:
    traits = next(each for each in RELEASES if each.name == release).traits
    start, spans = 0x40000000, list[Range]()
    for size in data.draw(st.lists(st.integers(1, 90), min_size=1, max_size=3)):
        spans.append(Range(start, size * BLOCK, "", Location("-")))
        start += (size + 3) * BLOCK
    machine = Machine(tuple(spans))
    whole = sum(span.size for span in spans)
    memory = max(BLOCK, whole - data.draw(st.integers(-1, 12)) * BLOCK)
    need = data.draw(st.integers(1, 80)) * BLOCK
    least = max(min(memory, traits.first_bank_minimum), need)
    pieces = free_pieces(machine, NOWHERE, traits)
    if not dom0_fits(pieces, memory, least, by_size=traits.dom0_bank_order is BankOrder.SIZE):
        return
    span = data.draw(st.sampled_from(spans))
    hole = data.draw(st.integers(span.start // PAGE, span.end // PAGE - GRANT_FRAMES))
    found, rest = banks(free_pieces(machine, hole, traits), memory, traits, need)
    assert rest <= 0
    assert found[0][1] - found[0][0] >= need


@pytest.mark.parametrize("by_size", [True, False])
def test_what_certainly_fits_is_not_refused(by_size: bool) -> None:
    pieces = [(0, 100 * BLOCK), (200 * BLOCK, 220 * BLOCK)]
    assert dom0_fits(pieces, 90 * BLOCK, 20 * BLOCK, by_size=by_size)
