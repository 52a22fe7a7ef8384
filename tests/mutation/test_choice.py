"""Which mutants are judged, by which tests, and what a sample says of all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutation.choice import Covered, Covering, drawn, judges, read_covering
from tests.mutation.rooms import interval, room


def covered(test: str, seconds: float, *functions: str) -> Covered:
    return Covered(test, "", seconds, frozenset(functions))


def test_a_case_of_each_test_comes_before_another_one_and_cheap_ones_first() -> None:
    tests = (
        covered("a[1]", 0.1, "f"),
        covered("a[2]", 0.1, "f"),
        covered("b", 2, "f"),
        covered("c", 0.01, "g"),
        covered("d", 9, "f"),
    )
    covering = Covering(tests, frozenset({"h"}))
    assert [each.test for each in judges("f", covering, 5)] == ["a[1]", "b", "a[2]"]
    assert [each.test for each in judges("h", covering, 100)] == ["c", "a[1]", "b", "d", "a[2]"]
    assert not judges("nowhere", covering, 5)


def test_one_test_judges_whatever_it_costs() -> None:
    tests = (covered("d", 9, "f"),)
    assert [each.test for each in judges("f", Covering(tests, frozenset()), 5)] == ["d"]


def test_the_last_run_of_a_test_counts_if_it_passed(tmp_path: Path) -> None:
    lines = [
        {"importing": ["h"]},
        {"test": "a", "file": "0", "seconds": 1, "passed": True, "functions": ["f"]},
        {"test": "b", "file": "0", "seconds": 1, "passed": True, "functions": ["f"]},
        {"test": "a", "file": "1", "seconds": 2, "passed": True, "functions": ["g"]},
        {"test": "b", "file": "1", "seconds": 2, "passed": False, "functions": ["f"]},
    ]
    file = tmp_path / "covering.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert read_covering(file) == (((("a", "1", 2, frozenset({"g"}))),), frozenset({"h"}))


def test_a_larger_sample_begins_with_the_smaller_one() -> None:
    mutants = [f"m{number}" for number in range(100)]
    assert drawn(mutants, [], 20, 1)[:10] == drawn(reversed(mutants), [], 10, 1)
    assert drawn(mutants, [], 10, 1) != drawn(mutants, [], 10, 2)
    assert set(drawn(mutants, ["m1*"], None, 1)) == {"m1", *(f"m{number}" for number in range(10, 20))}


def test_interval() -> None:
    low, high = interval(80, 100)
    assert (low, high) == pytest.approx((0.711, 0.867), abs=0.001)
    assert interval(0, 0) == (0, 1)


def test_room() -> None:
    assert room("colorcheck.xen.memory.leveling.x_level__mutmut_1") == "xen.memory"
    assert room("colorcheck.proof.memory.x__turn__mutmut_1") == "proof"
