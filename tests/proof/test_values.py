"""Values that the solver finds, and what happens without time for it."""

from __future__ import annotations

import pytest

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import TIME_IS_OVER, TheoremKind
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.script import Named, SmtScript
from colorcheck.proof.solver import decide

DECLARED = ("(declare-const b Bool)", "(declare-const n Int)", "(declare-const v (_ BitVec 8))")


def script(value: str) -> SmtScript:
    told = (Named("all", f"(and (= b {value}) (= n 7) (= v #x1f))"),)
    return SmtScript("ALL", DECLARED, told, "false", ("b", "n", "v"))


@pytest.mark.parametrize("value", [True, False])
def test_values_are_plain(value: bool) -> None:
    found = decide(script(str(value).lower()), 20.0)
    assert found.verdict is Verdict.REFUTED
    assert dict(found.values) == {"b": value, "n": 7, "v": 0x1F}


def test_without_time_nothing_is_decided() -> None:
    theorem = Obligation(id="t", kind=TheoremKind.PLACEMENT, statement="s", mathematics="m", subjects=()).decided(
        script("true"), 0
    )
    assert (theorem.verdict, theorem.reason) == (Verdict.UNKNOWN, TIME_IS_OVER)
