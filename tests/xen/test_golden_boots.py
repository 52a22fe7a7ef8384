"""Every measured boot: outcome, panic text, placement, frames per color and domain, dom0's banks."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from colorcheck.xen.booted import Boot
from colorcheck.xen.effective import effective
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.memory.boot import boot
from tests.xen.golden_cases import board_of, cases, deployment, load


@cache
def booted(path: Path) -> Boot:
    case = load(path)
    board = board_of(case)
    given = deployment(path, case)
    system = effective(given, board, case["xen"])
    found = boot(system)
    assert found is not None
    assert found.system == system  # also where it stops
    return found


@pytest.mark.parametrize("path", cases("boots"), ids=lambda path: path.stem)
def test_boot_is_as_measured(path: Path) -> None:
    case = load(path)
    expect = case["expect"]
    found = booted(path)
    assert found.outcome == expect["outcome"]
    if expect["outcome"] == "hangs":
        return
    assert (found.panic and found.panic.to_dict()) == expect["panic"]
    if expect["outcome"] == "panics":
        return
    assert found.system.nr_colors == expect["nr_colors"]
    assert found.system.coloring == (expect["nr_colors"] is not None)
    if not found.system.coloring:
        return
    assert list(found.system.xen_colors) == expect["xen_colors"]
    assert list(found.xen_region or ()) == expect["xen_region"]
    assert list(found.free_final) == expect["color_heap"]
    domains = {str(b.domain.id): {"colors": list(b.domain.colors), "pages": b.domain.nr_pages} for b in found.built}
    assert domains == expect["domains"]
    if found.built and found.built[0].domain.kind is DomainKind.DOM0:
        assert [list(bank) for bank in found.built[0].banks] == expect["dom0_banks"]


@pytest.mark.parametrize("path", cases("boots"), ids=lambda path: path.stem)
def test_boot_accounts_for_every_frame(path: Path) -> None:
    """No frame is in two places: the map does not overlap, and what domains took is what the heap lost."""
    found = booted(path)
    if found.heap is None:
        return
    seen = sorted((part.start, part.end) for part in found.memory_map if part.start < part.end)
    assert all(before[1] <= after[0] for before, after in pairwise(seen))
    colored = sum(part.pages for part in found.memory_map if part.use == "color-heap")
    assert colored == sum(found.free_initial)
    taken = [0] * len(found.free_initial)
    for built in found.built:
        for color, pages in built.pages_by_color:
            taken[color] += pages
    assert tuple(a - b for a, b in zip(found.free_initial, taken, strict=True)) == found.free_final
    for built in found.built:
        if built.created:
            assert built.frames.count == built.domain.needed_pages
