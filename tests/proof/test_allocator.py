"""The invariant by induction: every step keeps it, and every broken step is caught."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.proof.allocator import BOOT, INVARIANT, STEPS, TAKE, AllocatorStep, invariant_script
from colorcheck.proof.solver import decide
from tests.proof.systems import domain, level_boot, system, verdicts


def verdict(step: AllocatorStep, *, base: bool = False) -> Verdict:
    return decide(invariant_script(step, base=base), 20.0).verdict


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_keeps_the_invariant(step: AllocatorStep) -> None:
    assert verdict(step) is Verdict.PROVED


def test_the_start_has_the_invariant() -> None:
    assert verdict(BOOT, base=True) is Verdict.PROVED


def broken(name: str, old: str, new: str) -> AllocatorStep:
    step = next(step for step in STEPS if step.name == name)
    terms = tuple(term.replace(old, new) for term in step.terms)
    assert terms != step.terms
    return replace(step, terms=terms)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("populate", "(not (and (= k c) (= y f)))", "true"),  # the page stays on its list and is given twice
        ("populate", "(has d c)", "true"),  # a color that the domain has not
        ("populate", "(listed c f)", "true"),  # a frame from nowhere
        ("p2m", "(and (= x d) (= y f))", "(= y f)"),  # the frame belongs to everybody
        ("balloon-down", "(= (listed2 k y) (listed k y))", "(= (listed2 k y) (or (listed k y) (= y f)))"),  # comes back
        ("balloon-down", "(and (owns x y) (not (and (= x d) (= y f))))", "(owns x y)"),  # freed and still owned
        ("balloon-down", "(owns d f)", "true"),  # a frame of somebody else is freed
        ("destroy", "(= (listed2 k y) (listed k y))", "(= (listed2 k y) (or (listed k y) (owns d y)))"),  # come back
        ("destroy", "(and (owns x y) (not (= x d)))", "(owns x y)"),
        ("destroy", "(or (gone y) (owns d y))", "(owns d y)"),  # what was lost is no longer lost
        ("create", "(forall ((y Frame)) (not (owns d y)))", "true"),  # colors change under a running domain
    ],
)
def test_broken_steps_are_refuted(name: str, old: str, new: str) -> None:
    assert verdict(broken(name, old, new)) is Verdict.REFUTED


@pytest.mark.parametrize("term", BOOT.terms)
def test_a_broken_start_is_refuted(term: str) -> None:
    assert verdict(replace(BOOT, terms=tuple(t for t in BOOT.terms if t != term)), base=True) is Verdict.REFUTED


def test_contradicting_steps_are_vacuous_with_their_core() -> None:
    step = AllocatorStep(
        "odd", "takes a frame that is not there", (*TAKE, "(forall ((k Color)) (not (listed k f)))"), "nowhere"
    )
    answer = decide(invariant_script(step), 20.0)
    assert answer.verdict is Verdict.VACUOUS
    assert set(answer.core) == {"step-1", "step-6"}


def test_the_invariant_says_what_was_promised() -> None:
    assert len(INVARIANT) == 5


def test_without_coloring_nothing_is_claimed_of_the_allocator() -> None:
    of = replace(system(16, [domain(1, [1], 1)]), coloring=False)
    assert not any(name.startswith("allocator") for name in verdicts(of, level_boot(of, 1)))
