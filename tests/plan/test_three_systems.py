"""The three systems of docs/plans.md, with what the page says of them."""

from __future__ import annotations

from colorcheck.core.colors import ColorSet
from colorcheck.plan import plan
from colorcheck.plan.problem import Demand, PlanProblem

MIB = 256
COLOR = 230 * MIB


def counts(*demands: Demand, objectives: tuple[str, ...] = ()) -> dict[str, int]:
    problem = PlanProblem((COLOR,) * 16, (Demand("xen", 0), *demands), objectives=objectives, color_bytes=65536)
    found = plan(problem, repairs=False)
    assert found.status == "optimal"
    return {each.name: len(each.colors) for each in found.domains}


def test_one_real_time_guest() -> None:
    demands = (Demand("dom0", 1024 * MIB), Demand("rt", 64 * MIB, critical=True, share=5), Demand("gui", 512 * MIB))
    assert counts(*demands) == {"xen": 1, "dom0": 5, "rt": 5, "gui": 5}
    assert counts(*demands, objectives=("margin", "changes"))["rt"] < 5


def test_weights() -> None:
    rt1 = Demand("rt1", 64 * MIB, critical=True, share=6, weight=2.0)
    rt2 = Demand("rt2", 64 * MIB, critical=True, share=3)
    others = (Demand("dom0", 512 * MIB), Demand("gui", 512 * MIB))
    assert counts(rt1, rt2, *others) == {"xen": 1, "rt1": 6, "rt2": 3, "dom0": 3, "gui": 3}


def test_memory_comes_before_cache() -> None:
    demands = (Demand("dom0", 2500 * MIB), Demand("rt", 64 * MIB, critical=True, share=5), Demand("log", 32 * MIB))
    assert counts(*demands) == {"xen": 1, "dom0": 11, "rt": 3, "log": 1}


def test_today_is_kept_where_it_costs_nothing() -> None:
    rt = Demand("rt", 64 * MIB, critical=True, share=5, today=ColorSet.of(range(4, 9)))
    problem = PlanProblem((COLOR,) * 16, (Demand("xen", 0), rt, Demand("gui", 512 * MIB)))
    assert plan(problem, repairs=False).colors("rt") >= rt.today
