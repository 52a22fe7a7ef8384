"""Fronts against all assignments of small systems, and what a large one promises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.evaluate import faults
from colorcheck.plan.search.front import MOST_POINTS, Goal, front, value_of
from tests.plan.exhaustive import assignments

MIB = 256


@st.composite
def systems(draw: st.DrawFn) -> PlanProblem:
    colors = draw(st.integers(4, 5))
    demands = [Demand("xen", 0, today=ColorSet.of([0]))]
    for number in range(draw(st.integers(1, 2))):
        pages = draw(st.integers(1, 3)) * MIB
        today = ColorSet.of(draw(st.sets(st.integers(0, colors - 1), min_size=1, max_size=3)))
        critical, again = draw(st.booleans()), draw(st.sampled_from([0, pages]))
        demands += [Demand(f"d{number}", pages, today=today, critical=critical, again=again)]
    return PlanProblem((2 * MIB,) * colors, tuple(demands), color_bytes=65536)


def better(one: tuple[int, ...], other: tuple[int, ...], goals: tuple[Goal, ...]) -> bool:
    signs = [-1 if goal is Goal.CHANGES else 1 for goal in goals]
    pairs = [(s * a, s * b) for s, a, b in zip(signs, one, other, strict=True)]
    return all(a >= b for a, b in pairs) and one != other


@settings(max_examples=40, deadline=None)
@given(systems(), st.permutations(list(Goal)), st.integers(1, 3))
def test_a_front_is_that_of_all_assignments(problem: PlanProblem, order: list[Goal], count: int) -> None:
    goals = tuple(order[:count])
    every = {tuple(value_of(problem, colors, goal) for goal in goals) for colors in assignments(problem)}
    best = {values for values in every if not any(better(other, values, goals) for other in every)}
    answer = front(problem, goals)
    assert not answer.incomplete
    assert {point.values for point in answer.points} == best
    for point in answer.points:
        assert faults(problem, dict(point.colors)) == []


@settings(max_examples=25, deadline=None)
@given(systems(), st.lists(st.integers(400, 700), min_size=6, max_size=6))
def test_with_unequal_colors_it_is_complete_or_says_so(problem: PlanProblem, capacity: list[int]) -> None:
    problem = replace(problem, capacity=tuple(capacity[: problem.nr_colors]))
    goals = (Goal.CACHE, Goal.MARGIN)
    every = {tuple(value_of(problem, colors, goal) for goal in goals) for colors in assignments(problem)}
    answer = front(problem, goals)
    found = {point.values for point in answer.points}
    assert found <= every
    best = {values for values in every if not any(better(other, values, goals) for other in every)}
    assert answer.incomplete or found == best


def large(seed: int) -> PlanProblem:
    demands = [Demand("xen", 0, today=ColorSet.of([0]))]
    for n in range(8):
        today = ColorSet.of(range(1 + 3 * n, 4 + 3 * n))
        pages = (2 + (n * seed) % 3) * 20_000
        demands.append(Demand(f"d{n}", pages, today=today, critical=n < 2, again=pages if n > 3 else 0))
    return PlanProblem((28_000,) * 32, tuple(demands), color_bytes=65536)


@pytest.mark.parametrize("seed", [1, 2])
def test_eight_domains_and_thirty_two_colors_are_complete(seed: int) -> None:
    answer = front(large(seed), (Goal.CACHE, Goal.MARGIN, Goal.CHANGES))
    assert not answer.incomplete
    assert 1 < len(answer.points) <= MOST_POINTS
    values = [point.values for point in answer.points]
    assert len(set(values)) == len(values)


def test_no_plan_no_points() -> None:
    problem = PlanProblem((10,) * 3, (Demand("xen", 0), Demand("a", 100)))
    answer = front(problem, (Goal.MARGIN,))
    assert answer.points == ()
    assert not answer.incomplete
