"""The smallest change: fewest files, then lines, then colors; held against trying everything."""

from __future__ import annotations

import time
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.plan import plan
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.evaluate import faults
from colorcheck.plan.search.smallest import Today, smallest
from tests.plan.exhaustive import assignments


def found(problem: PlanProblem, places: dict[str, tuple[str, int]], must: frozenset[str] = frozenset()):  # type: ignore[no-untyped-def]
    return smallest(problem, Today(places, must), time.monotonic() + 60)


def own_lines(problem: PlanProblem) -> dict[str, tuple[str, int]]:
    return {demand.name: (f"{demand.name}.cfg", 1) for demand in problem.demands}


@st.composite
def colored(draw: st.DrawFn) -> tuple[PlanProblem, dict[str, tuple[str, int]]]:
    colors = draw(st.integers(4, 5))
    capacity = tuple(draw(st.sampled_from([3, 4])) for _ in range(colors))
    owned = st.sets(st.integers(0, colors - 1), min_size=1, max_size=3)
    demands = [Demand("xen", 0, today=ColorSet.of(draw(owned)))]
    demands += [
        Demand(
            f"d{number}",
            draw(st.integers(1, 7)),
            min_colors=draw(st.sampled_from([1, 1, 2])),
            today=ColorSet.of(draw(owned)),
        )
        for number in range(draw(st.integers(1, 2)))
    ]
    files = st.sampled_from(["a", "b"])
    places = {demand.name: (draw(files), draw(st.integers(1, 2))) for demand in demands}
    return PlanProblem(capacity, tuple(demands)), places


def cost(problem: PlanProblem, places: dict[str, tuple[str, int]], colors: dict[str, ColorSet]) -> tuple[int, int, int]:
    changed = {places[d.name] for d in problem.demands if colors[d.name] != d.today}
    return (
        len({file for file, _ in changed}),
        len(changed),
        sum(len(d.today ^ colors[d.name]) for d in problem.demands),
    )


@settings(max_examples=60, deadline=None)
@given(colored())
def test_nothing_smaller_mends_it(case: tuple[PlanProblem, dict[str, tuple[str, int]]]) -> None:
    problem, places = case
    best = min((cost(problem, places, colors) for colors in assignments(problem)), default=None)
    answer = found(problem, places)
    if best is None:
        assert answer is None
        return
    assert answer is not None
    colors = {d.name: answer.colors(d.name) for d in problem.demands}
    assert faults(problem, colors) == []
    assert cost(problem, places, colors)[:2] == best[:2]
    if answer.status == "optimal" or len(set(problem.capacity)) == 1:
        assert cost(problem, places, colors) == best


def test_one_overlapping_color_is_one_edit_and_the_critical_one_keeps_it() -> None:
    demands = (
        Demand("xen", 0, today=ColorSet.of([0])),
        Demand("rt", 10, today=ColorSet.of([1, 2, 3]), critical=True, share=3),
        Demand("gui", 10, today=ColorSet.of([3, 4, 5, 6])),
    )
    problem = PlanProblem((10,) * 8, demands)
    answer = found(problem, own_lines(problem))
    assert answer.colors("rt") == demands[1].today
    assert answer.colors("gui") == ColorSet.of([4, 5, 6])
    assert answer.evidence.lines == 1


def test_where_nothing_is_wrong_nothing_changes() -> None:
    demands = (Demand("xen", 0, today=ColorSet.of([0])), Demand("a", 10, today=ColorSet.of([2])))
    answer = found(problem := PlanProblem((10,) * 4, demands), own_lines(problem))
    assert answer.colors("a") == ColorSet.of([2])
    assert answer.status == "optimal"
    assert answer.reason == "no change is needed"


def test_who_must_change_does_although_all_fits() -> None:
    demands = (Demand("xen", 0, today=ColorSet.of([0])), Demand("a", 10, today=ColorSet.of([2])))
    problem = PlanProblem((10,) * 4, demands)
    assert found(problem, own_lines(problem), frozenset({"a"})).evidence.smallest_change.startswith("all changes")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_plans_are_stable(data: st.DataObject) -> None:
    """A little more memory for one of them moves few colors: never more than what that one lacks, if some are free."""
    count = data.draw(st.integers(2, 4))
    demands = [Demand("xen", 0)] + [Demand(f"d{n}", data.draw(st.integers(10, 25))) for n in range(count)]
    problem = PlanProblem((10,) * 14, tuple(demands), objectives=("margin",))
    first = plan(problem, repairs=False)
    if not first.domains:
        return
    grown = data.draw(st.integers(1, count))
    planned = [replace(d, today=first.colors(d.name)) for d in demands]
    planned[grown] = replace(planned[grown], pages=planned[grown].pages + 10)
    after = found(changed := PlanProblem((10,) * 14, tuple(planned)), own_lines(changed))
    if after is None:
        assert plan(changed, repairs=False).status == "infeasible"
        return
    moved = sum(len(d.today ^ after.colors(d.name)) for d in planned)
    assert moved <= 2, "one color is taken from somebody, or from nobody"


def test_with_many_domains_that_all_clash_there_is_still_a_plan() -> None:
    demands = [Demand("xen", 0, today=ColorSet.of([0]))]
    demands += [Demand(f"d{n}", 5, today=ColorSet.all(24)) for n in range(20)]
    problem = PlanProblem((10,) * 24, tuple(demands))
    answer = found(problem, own_lines(problem))
    assert answer is not None
    sets = [answer.colors(d.name) for d in demands]
    assert all(one.isdisjoint(other) for one, other in combinations(sets, 2))
