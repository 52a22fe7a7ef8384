"""Answers do not depend on what was asked before, whether or not the solver's context is shared."""

from __future__ import annotations

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.core.diagnostic import Verdict
from colorcheck.proof import solver
from colorcheck.proof.allocator import BOOT, STEPS, invariant_script
from colorcheck.proof.script import Named, SmtScript
from colorcheck.proof.solver import decide, forget


def _numbers(low: int, high: int, limit: int) -> SmtScript:
    """x < limit for low <= x <= high: vacuous if low > high."""
    return SmtScript(
        "QF_LIA",
        ("(declare-const x Int)",),
        (Named("low", f"(<= {low} x)"), Named("high", f"(<= x {high})")),
        f"(< x {limit})",
        ("x",),
    )


def _bits(width: int, mask: int) -> SmtScript:
    """The same names as in `_numbers`, of another sort."""
    return SmtScript(
        "QF_BV",
        (f"(declare-const x (_ BitVec {width}))",),
        (Named("low", f"(= (bvand x (_ bv{mask} {width})) (_ bv0 {width}))"),),
        f"(= x (_ bv0 {width}))",
        ("x",),
    )


SMALL = st.integers(0, 9)
SCRIPTS = st.one_of(
    st.builds(_numbers, SMALL, SMALL, SMALL),
    st.builds(_bits, st.just(4), st.integers(0, 15)),
    st.sampled_from([invariant_script(BOOT, base=True), *(invariant_script(step) for step in STEPS)]),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(SCRIPTS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_an_answer_is_that_of_a_new_process(scripts: list[SmtScript], order: random.Random) -> None:
    solver._shared.context = None
    alone = {}
    for script in scripts:
        forget()
        solver._shared.context = None
        alone[script] = decide(script, 30.0, core=False)
    shuffled = order.sample(scripts, len(scripts))
    forget()
    for script in shuffled:
        answer = decide(script, 30.0, core=False)
        assert (answer.verdict, answer.core, answer.values, answer.reason) == (
            alone[script].verdict,
            alone[script].core,
            alone[script].values,
            alone[script].reason,
        )


def test_a_refutation_in_the_shared_context_has_the_values_of_a_context_of_its_own() -> None:
    forget()
    assert decide(_numbers(0, 3, 9), 30.0, core=False).verdict is Verdict.PROVED
    refuted = decide(_numbers(0, 9, 3), 30.0, core=False)
    forget()
    assert refuted.values == decide(_numbers(0, 9, 3), 30.0, core=True).values
    assert refuted.verdict is Verdict.REFUTED


def test_no_time_gives_no_answer() -> None:
    forget()
    begin = time.monotonic()
    product = (10**18 + 3) * (10**18 + 9)  # of two primes: Z3 does not find them in 40 s
    factors = "(bvmul ((_ zero_extend 60) x) ((_ zero_extend 60) y))"
    hard = SmtScript(
        "QF_BV",
        tuple(f"(declare-const {name} (_ BitVec 60))" for name in "xy"),
        (Named("product", f"(= {factors} (_ bv{product} 120))"), Named("proper", "(bvult (_ bv1 60) x)")),
        "(= x y)",
    )
    assert decide(hard, 0.5, core=False).verdict is Verdict.UNKNOWN
    assert time.monotonic() - begin < 20
