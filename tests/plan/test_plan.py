"""Plans: the best of all assignments, with bounds that hold, cores that are minimal and repairs that work."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations_with_replacement, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.plan import plan
from colorcheck.plan.problem import Demand, PlanProblem, RepairKind
from colorcheck.plan.search.evaluate import faults
from colorcheck.plan.search.knapsack import FORBIDDEN, check_tables, fill
from colorcheck.plan.search.runs import in_runs
from tests.plan.exhaustive import Colors, assignments, changed, possible, spare, total_misses, worst_misses

MIB = 256
costs = st.lists(st.integers(0, 9).map(float), min_size=5, max_size=5)


@st.composite
def problems(draw: st.DrawFn, *, scale: int = 1) -> PlanProblem:
    colors = draw(st.integers(3, 5))
    capacity = tuple(draw(st.integers(2, 5)) * scale for _ in range(colors))
    demands = [Demand("xen", 0, today=ColorSet.of([0]))]
    demands += [
        Demand(
            f"d{number}",
            draw(st.integers(1, 8)) * scale,
            min_colors=draw(st.sampled_from([1, 1, 2])),
            max_colors=draw(st.sampled_from([None, None, 2, 3])),
            today=ColorSet.of(draw(st.sets(st.integers(0, colors - 1), min_size=1, max_size=3))),
            keep=draw(st.sampled_from([False, False, False, True])),
            curve=tuple(draw(costs)),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    return PlanProblem(capacity, tuple(demands))


def colors_of(problem: PlanProblem, found: object) -> Colors:
    return {demand.name: getattr(found, "colors")(demand.name) for demand in problem.demands}  # noqa: B009


@settings(max_examples=120, deadline=None)
@given(
    problems(scale=MIB),
    st.sampled_from(
        [("misses", total_misses, 1), ("worst-misses", worst_misses, 1), ("margin", spare, -1), ("changes", changed, 1)]
    ),
)
def test_one_objective_agrees_with_all_assignments(
    problem: PlanProblem, objective: tuple[str, Callable[[PlanProblem, Colors], Fraction], int]
) -> None:
    name, value, sign = objective
    found = plan(replace(problem, objectives=(name,)), repairs=False)
    everything = [sign * value(problem, colors) for colors in assignments(problem)]
    if not everything:
        assert found.status in {"infeasible", "unknown"}
        return
    best = sign * min(everything)
    assert found.status in {"optimal", "feasible"}, found
    assert faults(problem, colors_of(problem, found)) == []
    reached = found.objective[0]
    assert reached.value == value(problem, colors_of(problem, found))
    assert sign * reached.bound <= sign * best <= sign * reached.value
    if found.status == "optimal":
        assert reached.value == best


@settings(max_examples=80, deadline=None)
@given(problems(scale=MIB))
def test_the_second_objective_never_costs_the_first(problem: PlanProblem) -> None:
    found = plan(replace(problem, objectives=("misses", "margin", "changes")), repairs=False)
    alone = plan(replace(problem, objectives=("misses",)), repairs=False)
    if found.domains and alone.status == "optimal":
        assert found.objective[0].value == alone.objective[0].value


@settings(max_examples=80, deadline=None)
@given(problems())
def test_a_core_is_a_minimal_clash(problem: PlanProblem) -> None:
    found = plan(problem, repairs=False)
    if found.status != "infeasible":
        return
    assert not possible(problem)
    names = {each.name for each in found.core}
    assert names
    assert not possible(_only(problem, names))
    for name in names:
        smaller = _only(problem, names - {name})
        assert plan(smaller, repairs=False).status != "infeasible"


def test_a_core_is_minimal_where_colors_hold_different_numbers_of_frames() -> None:
    """Four colors of two frames and one of three serve no two that need five beside a third; counting blames more."""
    demands = (Demand("xen", 0), Demand("a", 5), Demand("b", 5), Demand("c", 1))
    found = plan(PlanProblem((2, 2, 2, 2, 3), demands), repairs=False)
    assert [each.name for each in found.core] == ["memory a", "memory b"]


def test_a_core_says_how_many_colors_are_asked_for() -> None:
    found = plan(PlanProblem((16,) * 3, (Demand("xen", 0), Demand("a", 1, min_colors=3, min_reason="its policy"))))
    assert "a has 3 colors at least (its policy)" in {each.text for each in found.core}


def _only(problem: PlanProblem, names: set[str]) -> PlanProblem:
    """The problem with these requirements and no other."""
    demands = []
    for demand in problem.demands:
        asked = replace(
            demand,
            keep=f"keep {demand.name}" in names,
            min_colors=demand.min_colors if f"min-colors {demand.name}" in names else 1,
            max_colors=demand.max_colors if f"max-colors {demand.name}" in names else None,
            pages=demand.pages if f"memory {demand.name}" in names else 0,
        )
        if demand.pages or asked.keep or f"separate {demand.name}" in names:
            demands.append(asked)
    return replace(problem, demands=tuple(demands))


def test_the_repairs_work() -> None:
    demands = (Demand("xen", 0), Demand("a", 600, max_colors=2), Demand("b", 500))
    problem = PlanProblem((256,) * 6, demands)
    found = plan(problem)
    assert found.status == "infeasible"
    repairs = {repair.kind: repair for repair in found.repairs}
    assert set(repairs) == {"colors", "memory"}
    more = replace(demands[1], max_colors=2 + repairs[RepairKind.COLORS].amount)
    assert plan(replace(problem, demands=(demands[0], more, demands[2]))).domains
    for amount, fits in ((repairs[RepairKind.MEMORY].amount, True), (repairs[RepairKind.MEMORY].amount - 1, False)):
        less = replace(demands[1], pages=600 - amount * MIB)
        assert bool(plan(replace(problem, demands=(demands[0], less, demands[2]))).domains) == fits


def test_a_smaller_reserve_is_a_repair() -> None:
    demands = (Demand("xen", 0), Demand("a", 600))
    problem = PlanProblem(
        (256,) * 3, demands, reserve=64 << 20, recapacity=lambda size: (256 + (64 - (size >> 20)) * 4,) * 3
    )
    repairs = {repair.kind: repair.text for repair in plan(problem).repairs}
    assert repairs[RepairKind.RESERVE] == "set buddy-alloc-size=53M"


def test_sharing_is_the_last_resort_and_only_where_it_is_allowed() -> None:
    demands = (Demand("xen", 0), Demand("a", 300), Demand("b", 150), Demand("c", 300))
    problem = PlanProblem((256,) * 5, demands)
    assert plan(problem, repairs=False).status == "infeasible"
    found = plan(replace(problem, shares=(("a", "b"),)))
    assert found.colors("a") == found.colors("b")
    assert found.colors("a").isdisjoint(found.colors("c"))
    roomy = replace(problem, capacity=(256,) * 7, cells=(), shares=(("a", "b"),))
    apart = plan(roomy)
    assert apart.colors("a").isdisjoint(apart.colors("b"))


def test_kept_colors_stay_and_clash_by_name() -> None:
    demands = (
        Demand("xen", 0, today=ColorSet.of([0])),
        Demand("a", 10, today=ColorSet.of([1]), keep=True),
        Demand("b", 10),
    )
    problem = PlanProblem((16,) * 4, demands)
    assert plan(problem).colors("a") == ColorSet.of([1])
    clash = (*demands[:2], Demand("b", 10, today=ColorSet.of([1]), keep=True))
    found = plan(replace(problem, demands=clash))
    assert {each.name for each in found.core} >= {"keep a", "keep b"}
    assert {repair.kind for repair in found.repairs} == {"keep"}


def test_colors_that_a_small_cache_cannot_tell_apart_stay_together() -> None:
    cells = tuple(ColorSet.of([c, c + 4]) for c in range(4))
    found = plan(PlanProblem((16,) * 8, (Demand("xen", 0), Demand("a", 40), Demand("b", 10)), cells=cells))
    for name in ("a", "b"):
        assert all((color + 4) % 8 in found.colors(name) for color in found.colors(name))


def test_few_ranges() -> None:
    demands = tuple(Demand(f"d{n}", 40, today=ColorSet.of([n, n + 4, n + 8])) for n in range(4))
    found = plan(PlanProblem((16,) * 12, demands, objectives=("ranges",), max_ranges=1))
    assert found.status == "optimal"
    assert all(len(each.colors.ranges()) == 1 for each in found.domains)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.integers(2, 9), min_size=4, max_size=8), st.lists(st.integers(1, 14), min_size=1, max_size=3))
def test_runs_are_found_wherever_there_are_some(held: list[int], needs: list[int]) -> None:
    """Against every order with every split; one cell in the middle belongs to somebody else."""
    cells = [*range(2), *range(3, len(held) + 1)]
    found = in_runs(cells, held, [(1, len(held))] * len(needs), needs)
    cuts = combinations_with_replacement(range(len(held) + 1), 2 * len(needs))
    windows = ([(c[2 * n], c[2 * n + 1]) for n in range(len(needs))] for c in cuts)
    possible_at_all = any(
        all(b > a and not a < 2 < b and sum(held[a:b]) >= need for (a, b), need in zip(each, order, strict=True))
        for each in windows
        for order in permutations(needs)
    )
    assert (found is not None) == possible_at_all
    if found:
        assert len({cell for run in found for cell in run}) == sum(map(len, found))
        for run, need in zip(found, needs, strict=True):
            assert sum(held[cell] for cell in run) >= need
            assert [cells[cell] for cell in run] == list(range(cells[run[0]], cells[run[-1]] + 1))


def test_one_range_each_with_unequal_colors_is_optimal() -> None:
    capacity = (30, 22, 27, 21, 31, 24, 25, 29, 20, 28, 26, 23)
    demands = tuple(Demand(f"d{n}", need) for n, need in enumerate((70, 45, 80, 30)))
    found = plan(PlanProblem(capacity, demands, objectives=("ranges",)))
    assert found.status == "optimal"
    assert found.objective[0].value == 4


def test_nothing_changes_where_nothing_has_to() -> None:
    demands = (
        Demand("xen", 0, today=ColorSet.of([0])),
        Demand("a", 20, today=ColorSet.of([5, 2])),
        Demand("b", 20, today=ColorSet.of([1, 3])),
    )
    found = plan(PlanProblem((16,) * 6, demands, objectives=("changes",)))
    assert found.status == "optimal"
    assert all(each.colors == demand.today for each, demand in zip(found.domains, demands, strict=True))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.one_of(st.integers(0, 20), st.just(FORBIDDEN)), min_size=6, max_size=6), max_size=3))
def test_the_knapsack_finds_the_least_and_proves_it(rows: list[list[int]]) -> None:
    def every(left: int, costs: list[list[int]]) -> list[int]:
        if not costs:
            return [0]
        return [
            cost + rest
            for count, cost in enumerate(costs[0][: left + 1])
            if cost < FORBIDDEN
            for rest in every(left - count, costs[1:])
        ]

    found = fill(rows, 5)
    expected = min(every(5, rows), default=None)
    assert (found.cost if found else None) == expected
    if found:
        assert check_tables(rows, 5, found)
        assert not check_tables(rows, 5, replace(found, cost=found.cost - 1))
        assert not check_tables(rows, 5, replace(found, cost=found.cost + 1))


@pytest.mark.parametrize("pages", [0, 1])
def test_no_domain_at_all(pages: int) -> None:
    assert plan(PlanProblem((16, 16), (Demand("xen", pages),))).domains
