"""Guests that a real xl created: a boot with their files ends as measured, as far as a fresh boot can show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.xen.effective import effective
from colorcheck.xen.memory.boot import boot
from tests.xen.golden_cases import board_of, cases, deployment, load

KERNEL_PAGES = 8  # dom0's Linux takes and returns pages of its own colors


@pytest.mark.parametrize("path", cases("xl-guests"), ids=lambda path: path.stem)
def test_guests_are_as_measured(path: Path) -> None:
    case = load(path)
    steps = []
    for step in case["steps"]:
        if step["step"] != "create" or step["heap_after"] is None or "/cfg/none" in step["file"]:
            break
        steps.append(step)
    files = tuple((f"{number}.cfg", step["file"]) for number, step in enumerate(steps))
    given = deployment(path, case, files)
    system = effective(given, board_of(case), case["xen"])
    found = boot(system)
    assert found is not None
    guests = [built for built in found.built if built.domain.kind == "xl"]
    assert [built.created for built in guests] == [step["status"] == 0 for step in steps]
    dom0 = set(system.domains[0].colors)
    for color, want in enumerate(steps[-1]["heap_after"] if steps else ()):
        assert abs(found.free_final[color] - want) <= (KERNEL_PAGES if color in dom0 else 0)
    assert all(built.domain.nr_pages == 4 + built.domain.pages for built in guests if built.created)
