"""Who decides makes no difference: the solver, or sums and flows where there are many terms or hardly any."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof import context
from colorcheck.proof.context import Context
from colorcheck.proof.memory import memory
from colorcheck.proof.placement import placement
from colorcheck.xen.booted import Interval
from colorcheck.xen.kinds import MapUse
from tests.proof.systems import ZCU102, booted, domain, level_boot, system


def verdicts(seed: int) -> dict[str, str]:
    random = Random(seed)
    wanted = [(random.randrange(1, 9), random.sample(range(4), random.randrange(1, 4))) for _ in range(4)]
    of = system(4, [domain(number, colors, pages) for number, (pages, colors) in enumerate(wanted, 1)])
    free = [random.randrange(9) for _ in range(4)]
    found = memory(Context(of, booted(of, free), None, PlanPolicy("any"), 20.0))
    return {theorem.id: str(theorem.verdict) for theorem in found}


@pytest.mark.parametrize("seed", range(25))
def test_solver_and_sums_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MOST_TERMS", 10_000)
    asked = verdicts(seed)
    monkeypatch.setattr(context, "MOST_TERMS", -1)
    assert verdicts(seed) == asked
    assert any(name.startswith("memory-any-order/") for name in asked)


def judged(asked: Context) -> dict[str, tuple[object, ...]]:
    """All that a report says of the theorems on memory and places."""
    found = (*memory(asked), *placement(asked))
    return {each.id: (each.verdict, each.reason, each.core, each.witness) for each in found}


@pytest.mark.parametrize("seed", range(25))
def test_what_needs_no_search_is_what_the_solver_finds(seed: int) -> None:
    """Certificates have the solver asked for everything."""
    random = Random(seed)
    wanted = [(random.randrange(1, 9), random.sample(range(4), random.randrange(1, 3))) for _ in range(3)]
    of = system(4, [domain(number, colors, pages) for number, (pages, colors) in enumerate(wanted, 1)])
    boot = booted(of, [random.randrange(9) for _ in range(4)])
    asked = Context(of, boot, None, PlanPolicy(), 20.0)
    assert judged(asked) == judged(replace(asked, smt=True))


@pytest.mark.parametrize("first", [-512, -1, 0, 1, 255, 512, 513, 4096])
@pytest.mark.parametrize("frames", [-512, 0, 1, 512, 1024, 4096])
@pytest.mark.parametrize("reserved", [0, 1, 4096])
def test_places_of_xen_that_need_no_search(first: int, frames: int, reserved: int) -> None:
    of = system(4, [])
    boot = level_boot(of, 10)
    start = boot.memory_map[-1].start + first
    other = Interval(start + frames - 1, start + frames - 1 + reserved, MapUse.RESERVED)
    boot = replace(boot, xen_region=(start * 4096, (start + frames) * 4096), memory_map=(*boot.memory_map, other))
    for board in (None, ZCU102):
        asked = Context(of, boot, board, PlanPolicy(), 20.0)
        fast, slow = judged(asked)["placement/xen"], judged(replace(asked, smt=True))["placement/xen"]
        assert fast == slow
