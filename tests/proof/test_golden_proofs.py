"""Theorems about measured boots: what real Xen built is proved, what it could not build is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof.context import Context
from colorcheck.proof.memory import memory
from colorcheck.proof.placement import placement
from colorcheck.xen.effective import effective
from colorcheck.xen.memory.boot import boot
from tests.xen.golden_cases import board_of, cases, deployment, load


@pytest.mark.parametrize("path", cases("boots")[::2], ids=lambda path: path.stem)
def test_theorems_agree_with_real_xen(path: Path) -> None:
    measured = load(path)
    on = board_of(measured)
    given = deployment(path, measured)
    of = effective(given, on, measured["xen"])
    booted = boot(of)
    assert booted is not None
    if not of.coloring:
        return
    case = Context(of, booted, on, PlanPolicy("any"), 20.0)
    for theorem in memory(case):
        built = next((b for b in booted.built if b.domain.name == theorem.subjects[0]), None)
        created = built is not None and built.created
        assert (str(theorem.verdict) == "proved") == created, theorem
    if measured["expect"]["outcome"] == "boots":
        assert {str(theorem.verdict) for theorem in placement(case)} == {"proved"}
