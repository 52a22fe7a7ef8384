"""Profiles, what perf stat printed, and tolerances on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck.cli import main
from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.plan import plan
from colorcheck.plan.curves import Profile, csv_of, json_of, read_profile
from colorcheck.plan.perf_stat import Counted, read_perf_stat
from colorcheck.plan.problem import Demand, PlanProblem

TEXT = """
 Performance counter stats for './load' (5 runs):

         1,234,567      l2d_cache_refill:u        #  100.231 M/sec   ( +-  0.12% )
             12.34 msec task-clock                #    0.998 CPUs utilized
   <not supported>      l3d_cache

       1.002345678 +- 0.000123 seconds time elapsed  ( +-  0.01% )
"""


def test_the_text_of_perf_is_read() -> None:
    assert read_perf_stat(TEXT) == (
        Counted("l2d_cache_refill:u", 1234567),
        Counted("task-clock", 12.34),
        Counted("l3d_cache", None),
        Counted("seconds", 1.002345678),
    )


@pytest.mark.parametrize(
    "line",
    [
        "20117,,l2d_cache_refill:u,1000,100.00,,",
        "20117;;l2d_cache_refill;1000;100.00;;",
        '{"counter-value" : "20117.000000", "unit" : "", "event" : "l2d_cache_refill", "pcnt-running" : 100.00}',
        "        20.117      l2d_cache_refill",
    ],
)
def test_fields_and_json_and_other_languages(line: str) -> None:
    (counted,) = read_perf_stat(line)
    assert counted.value == 20117


def test_runs_become_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for colors, count in ((1, 900), (4, 100), (8, 90)):
        (tmp_path / f"{colors}.txt").write_text(f"{count},,l2d_cache_refill,1,100.00,,\n")
    words = [f"{colors}={tmp_path}/{colors}.txt" for colors in (1, 4, 8)]
    assert main(["profile", *words]) == 0
    file = tmp_path / "rt.csv"
    file.write_text(capsys.readouterr().out)
    profile = read_profile(str(file), Location(""))
    assert isinstance(profile, Profile)
    assert profile.values == (900, 900, 900, 100, 100, 100, 100, 90)
    assert profile.unit == "l2d_cache_refill"
    assert profile.measured.startswith("perf stat")


@pytest.mark.parametrize("words", [["1"], ["x=1"], ["1=/no/such/file"], ["0=a"], ["99999=a"]])
def test_wrong_calls(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", *words]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_csv_and_json_read_back(tmp_path: Path) -> None:
    points = [(1, 900.0), (2, 17.5)]
    for name, text in (
        ("a.csv", csv_of(points, "cycles", "by hand")),
        ("a.json", json_of("rt", points, "cycles", "by hand")),
    ):
        (tmp_path / name).write_text(text)
        assert read_profile(str(tmp_path / name), Location("")) == Profile((900.0, 17.5), "cycles", "by hand")


BEGIN = '{"schema": "colorcheck/profile/1"'


@pytest.mark.parametrize(
    "text",
    [
        *("{", "{}", f"{BEGIN}}}", f'{BEGIN}, "points": [{{"colors": true}}]}}', f'{BEGIN}, "points": [1]}}'),
        *("2,3\n", "1,x\n", "1,-1\n", "1,1\n1,2\n"),
    ],
)
def test_what_is_no_profile_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(text)
    assert isinstance(read_profile(str(tmp_path / "p"), Location("")), Problem)


def test_tolerances_are_kept_or_clash_with_their_colors() -> None:
    curve = (900.0, 500.0, 200.0, 105.0, 100.0)
    demands = (
        Demand("xen", 0),
        Demand("rt", 10, curve=curve, tolerance=0.1),
        Demand("gui", 10, curve=curve, tolerance=1.0),
    )
    problem = PlanProblem((20,) * 8, demands, objectives=("margin",))
    found = plan(problem, repairs=False)
    assert len(found.colors("rt")) >= 4
    assert len(found.colors("gui")) >= 3
    clash = plan(replace(problem, capacity=(20,) * 7, cells=()))
    assert {each.name for each in clash.core} == {"separate xen", "tolerance rt", "tolerance gui"}
    assert "they need 8 of 7 colors" in clash.reason
    assert any(repair.kind == "tolerance" for repair in clash.repairs)


def test_a_curve_that_rises_again_forbids_what_is_worse() -> None:
    demands = (Demand("xen", 0), Demand("rt", 10, curve=(900.0, 100.0, 300.0, 100.0), tolerance=0.1))
    found = plan(PlanProblem((20,) * 4, demands, objectives=("weights",)), repairs=False)
    assert len(found.colors("rt")) == 2
