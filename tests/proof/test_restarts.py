"""Restarts: theorems agree with every order tried frame by frame, and no wrong one is proved."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from msgspec.structs import replace

from colorcheck.core.theorem import Theorem
from colorcheck.core.witness import FailingCreation
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof import context
from colorcheck.proof.context import Context
from colorcheck.proof.counting import check_counting
from colorcheck.proof.lifecycle import lifecycle
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.system import System
from tests.proof.systems import booted, domain, level_boot, system
from tests.proof.test_memory import drained, frame_by_frame


def theorem(of: System, free: list[int], restarts: dict[str, int], name: str) -> Theorem:
    case = Context(of, booted(of, free), None, PlanPolicy(restarts=tuple(restarts.items())), 20.0)
    return {each.id: each for each in lifecycle(case)}[f"lifecycle/{name}"]


def with_dom0(*guests: object) -> System:
    dom0 = domain(0, [0], 1, kind=DomainKind.DOM0)
    return system(4, [dom0, *guests])  # type: ignore[list-item]


def test_a_restart_costs_the_whole_guest_again() -> None:
    """The wrong proof: three creations of 5 frames in 14, as if the frames came back."""
    of = with_dom0(domain(1, [1], 5))
    assert str(theorem(of, [9, 14, 0, 0], {"d1": 1}, "d1").verdict) == "proved"
    found = theorem(of, [9, 14, 0, 0], {"d1": 2}, "d1")
    assert str(found.verdict) == "refuted"
    assert isinstance(found.witness, FailingCreation)
    assert found.witness.fails == 3
    assert check_counting(found.certificate)


def test_the_restarts_of_others_count() -> None:
    """The wrong proof: a guest alone has room, but its neighbor restarts as well."""
    of = with_dom0(domain(1, [1], 5), domain(2, [1, 2], 4))
    assert str(theorem(of, [9, 10, 4, 0], {"d1": 1, "d2": 0}, "d1").verdict) == "refuted"
    assert str(theorem(of, [9, 14, 4, 0], {"d1": 1, "d2": 0}, "d1").verdict) == "proved"
    assert str(theorem(of, [9, 14, 4, 0], {"d1": 1, "d2": 3}, "d1").verdict) == "refuted"


def test_a_guest_that_cannot_be_created_takes_what_there_is() -> None:
    """The wrong proof: who fails takes nothing."""
    of = with_dom0(domain(1, [1], 5), domain(2, [1], 99))
    assert str(theorem(of, [9, 10, 0, 0], {"d1": 0}, "d1").verdict) == "refuted"


@pytest.mark.parametrize("solver", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_proofs_agree_with_every_order(seed: int, solver: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the solver decides, or sums and flows, as where there are many terms."""
    if not solver:
        monkeypatch.setattr(context, "MOST_TERMS", -1)
    rng = random.Random(seed)
    proved = refuted = 0
    for _ in range(40):
        free = [5, *(rng.randint(0, 12) for _ in range(3))]
        wanted = [(rng.randint(1, 5), tuple(rng.sample([1, 2, 3], rng.randint(1, 3)))) for _ in range(2)]
        restarts = [rng.randint(0, 2) for _ in wanted]
        guests = [domain(n, colors, pages) for n, (pages, colors) in enumerate(wanted, 1)]
        found = theorem(with_dom0(*guests), free, {"d1": restarts[0], "d2": restarts[1]}, "d1")
        always = all(_lives(order, free, wanted) for order in _orders(restarts))
        assert str(found.verdict) in {"proved", "refuted", "unknown"}
        if str(found.verdict) == "proved":
            proved += 1
            assert always, (free, wanted, restarts)
        if str(found.verdict) == "refuted":
            refuted += 1
            assert not always, (free, wanted, restarts)
            assert check_counting(found.certificate)
    assert proved
    assert refuted


def _orders(restarts: list[int]) -> set[tuple[int, ...]]:
    return set(permutations([number for number, count in enumerate(restarts) for _ in range(count + 1)]))


def _lives(order: tuple[int, ...], free: list[int], wanted: list[tuple[int, tuple[int, ...]]]) -> bool:
    """Whether every creation of the first guest works in this order, frame by frame."""
    state = [free[0] - 1, *free[1:]]
    for number in order:
        left = frame_by_frame(state, *wanted[number])
        if left is None and number == 0:
            return False
        state = drained(state, wanted[number][1]) if left is None else left
    return True


def test_what_nothing_creates_again_is_no_theorem() -> None:
    lonely = system(4, [replace(domain(1, [1], 5), kind=DomainKind.DOM0LESS)])
    case = Context(lonely, level_boot(lonely, 10), None, PlanPolicy(restarts=(("d1", 3),)), 20.0)
    (found,) = lifecycle(case)
    assert str(found.verdict) == "vacuous"
    assert not list(lifecycle(Context(lonely, level_boot(lonely, 10), None, PlanPolicy(), 20.0)))
