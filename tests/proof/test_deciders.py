"""Who decides memory makes no difference: the solver, or sums and flows where there are many terms."""

from __future__ import annotations

from random import Random

import pytest

from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof import context
from colorcheck.proof.context import Context
from colorcheck.proof.memory import memory
from tests.proof.systems import booted, domain, system


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
