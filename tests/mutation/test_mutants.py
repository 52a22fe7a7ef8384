"""Every mutant of the Xen model, of the proofs and of the plans is caught; without a mutant no oracle complains."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from types import CodeType

import pytest

from tests.mutation import oracles
from tests.mutation.mutants import Mutant, made, planted
from tests.mutation.operators import (
    adds_nothing,
    calls_instead,
    compares,
    constants,
    decides,
    decides_on,
    drops_operand,
    first_only,
    in_text,
    left_only,
    no_elements,
    one_less,
    other_way_round,
    returns_one_more,
    returns_true,
    right_only,
    rounds_down,
    shifts,
    skips_first,
    whole,
    without_call,
    without_not,
    without_statement,
)

pytestmark = pytest.mark.slow

X, P, L = "colorcheck.xen.", "colorcheck.proof.", "colorcheck.plan."
Oracle = Callable[[], None]


def boots(*names: str) -> Oracle:
    return partial(oracles.measured, *names)


CASES: tuple[tuple[Mutant, Oracle], ...] = (
    # the Xen model
    (
        Mutant(
            "a page is given twice: the place in the list is not advanced",
            X + "memory.color_heap",
            "ColorHeap.take",
            adds_nothing(),
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant("a repeated color is asked twice", X + "memory.color_heap", "ColorHeap.take", without_call("fromkeys")),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "wrong pass limit: the fullest list alone serves all", X + "memory.leveling", "level", left_only(ast.Sub)
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant("off by one at the last list", X + "memory.leveling", "level", compares(ast.Lt, ast.LtE)),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant("the rest goes to lists that have enough", X + "memory.leveling", "level", drops_operand(ast.And)),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant("off by one of a color in a region", X + "memory.color_heap", "BootLists.totals", constants(1)),
        oracles.heap_of_single_frames,
    ),
    (Mutant("the lowest region goes to the color heap", X + "memory.heaps", "split", whole()), boots("basic-4.20")),
    (
        Mutant(
            "the reserve comes from the lowest region upwards",
            X + "memory.heaps",
            "split",
            without_call("reversed"),
            alive=1,
        ),
        boots("basic-4.20", "rsv-a-4.22"),
    ),
    (Mutant("the reserve is not used up", X + "memory.heaps", "split", adds_nothing()), boots("basic-4.20")),
    (
        Mutant("Xen's region as large as its image", X + "memory.relocation", "region_size", left_only(ast.Mult)),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "Xen's old place does not count with the new size", X + "memory.relocation", "obstacles", decides(False)
        ),
        oracles.place_of_xen,
    ),
    (
        Mutant("colors of Xen that do not rise are used", X + "memory.relocation", "used_colors", decides(True)),
        oracles.place_of_xen,
    ),
    (
        Mutant(
            "the frame table of 4.22 rounded as in 4.20",
            X + "memory.boot_regions",
            "consume",
            decides_on("frame_table_rounding", True),
        ),
        boots("mem-3072-4.22"),
    ),
    (
        Mutant(
            "boot memory is taken from the lowest region",
            X + "memory.boot_regions",
            "BootAllocator.take",
            other_way_round(),
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant("modules are free memory", X + "memory.boot_regions", "free_regions", right_only(ast.Add)),
        boots("basic-4.20"),
    ),
    (
        Mutant("a dom0less pool not rounded to MiB", X + "memory.p2m", "dom0less_pool", rounds_down()),
        boots("banks-a-4.20"),
    ),
    (
        Mutant(
            "blocks used although the end is not aligned", X + "machine.mapping", "Mapping.parts", drops_operand(ast.Or)
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant("dom0's tables on four levels lack one", X + "memory.p2m", "tables", compares(ast.Eq, ast.NotEq)),
        boots("cpu-cortex-a72-4.22"),
    ),
    (
        Mutant(
            "no inheritance of colors on 4.20", X + "domains.dom0less", "domains", decides_on("inherits_colors", True)
        ),
        boots("inherit-4.20"),
    ),
    (
        Mutant(
            "inheritance of colors on 4.21, too",
            X + "domains.dom0less",
            "domains",
            decides_on("inherits_colors", False),
        ),
        boots("inherit-4.21"),
    ),
    (
        Mutant(
            "a color equal to the number of colors is taken",
            X + "options.geometry",
            "refused",
            compares(ast.GtE, ast.Gt),
        ),
        boots("xenparse-big-4.20", "duparse-big-4.20", "parse-big-4.21"),
    ),
    # the proofs
    (
        Mutant("the level of the proof is one too low", P + "leveling", "level", shifts(ast.Gt, 1)),
        oracles.leveling_of_proof,
    ),
    (
        Mutant("the rest is taken from lists below the level", P + "leveling", "level", compares(ast.Eq, ast.LtE)),
        oracles.leveling_of_proof,
    ),
    (Mutant("colors of those before do not count", P + "memory", "_turn", decides(False)), oracles.proofs_of_memory),
    (
        Mutant("memory may be missed by one frame", P + "memory", "_script", in_text("<=", "<")),
        oracles.proofs_of_memory,
    ),
    (Mutant("rivals take nothing", P + "memory", "_any_order", no_elements()), oracles.proofs_of_memory),
    (
        Mutant(
            "the search for an order stops at the first domain",
            P + "orders",
            "order_without_room",
            without_statement("append"),
        ),
        oracles.orders_of_creation,
    ),
    (
        Mutant("a likely order that fails is told without its last domain", P + "orders", "_fails_after", one_less()),
        oracles.orders_of_creation,
    ),
    (
        Mutant("a creation that fails gives its frames back", P + "orders", "left_after", decides(False)),
        oracles.orders_of_creation,
    ),
    (
        Mutant(
            "a certificate that needs just what is there counts",
            P + "counting",
            "_check_hall",
            compares(ast.Gt, ast.GtE),
        ),
        oracles.certificates_are_judged,
    ),
    (
        Mutant("a certificate may leave out colors", P + "counting", "_check_hall", compares(ast.Eq, ast.GtE)),
        oracles.certificates_are_judged,
    ),
    (
        Mutant("a certificate may take from any color", P + "counting", "_leveled", drops_operand(ast.And)),
        oracles.certificates_are_judged,
    ),
    (Mutant("another bit of an address is the color", P + "index", "color_of", constants(1)), oracles.pairs_and_sets),
    (Mutant("only the first index bit is compared", P + "index", "same_set", first_only()), oracles.pairs_and_sets),
    (Mutant("a hash loses its last address bit", P + "index", "_parity", first_only()), oracles.pairs_and_sets),
    (
        Mutant("the smaller cluster is not folded", P + "context", "SharedCache.frames_apart", without_call("gcd")),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "a cache is shared unless both run elsewhere", P + "pairs", "_Pair._both_use", calls_instead("any", "all")
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "disjoint colors are looked for in the wrong bits", P + "pairs", "_disjoint", in_text("(= ", "(distinct ")
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant("a version that is not modelled counts as modelled", P + "context", "Context.modelled", returns_true()),
        oracles.pairs_and_sets,
    ),
    (
        Mutant("sat and unsat are mixed up", P + "solver", "_decided", calls_instead("UNSATISFIABLE", "SATISFIABLE")),
        oracles.pairs_and_sets,
    ),
    (Mutant("the claim is not negated", P + "solver", "_decided", without_call("negated")), oracles.allocator_steps),
    (
        Mutant("contradicting assumptions are not looked for", P + "solver", "_decided", decides(False), alive=5),
        oracles.contradiction,
    ),
    (
        Mutant("isolation is proved in a Xen that panics", P + "pairs", "_Pair._never_runs", decides(False), alive=2),
        oracles.vacuity_is_seen,
    ),
    (
        Mutant("the invariant after the step is not asked for", P + "allocator", "invariant_script", in_text("2", "")),
        oracles.broken_steps_are_refuted,
    ),
    (
        Mutant("frames of the heap are counted one color off", P + "placement", "_count", constants(1)),
        oracles.heap_counts,
    ),
    (
        Mutant(
            "what lies in Xen's region is looked at the wrong way round",
            P + "placement",
            "_xen",
            compares(ast.NotIn, ast.In),
        ),
        oracles.heap_counts,
    ),
    # the plans
    (
        Mutant("counts that just fit are cut off", L + "search.branch", "Branching._fits", compares(ast.Gt, ast.GtE)),
        oracles.tight_plans,
    ),
    (
        Mutant("branching leaves out the first counts", L + "search.branch", "Branching._descend", skips_first()),
        oracles.tight_plans,
    ),
    (
        Mutant(
            "cells that a small cache cannot tell apart are not looked at",
            L + "search.evaluate",
            "_cells",
            without_not(),
        ),
        oracles.plan_values,
    ),
    (
        Mutant("one color too many passes", L + "search.evaluate", "_alone", shifts(ast.Gt, 1), alive=1),
        oracles.plan_values,
    ),
    (
        Mutant("the knapsack forgets the last count", L + "search.knapsack", "fill", constants(1), alive=1),
        oracles.plans,
    ),
    (
        Mutant("the fewest cells are one too many", L + "search.blocks", "Field.least", returns_one_more()),
        oracles.plans,
    ),
    (Mutant("cells that fall short pass", L + "search.place", "_repaired", shifts(ast.GtE, -9)), oracles.plans),
    (
        Mutant(
            "no plan is infeasible too early", L + "search.blocks", "Field.possible", compares(ast.LtE, ast.Lt), alive=1
        ),
        oracles.plans,
    ),
)


def caught(mutant: Mutant, code: CodeType, oracle: Oracle) -> bool:
    with planted(mutant, code):
        try:
            oracle()
        except Exception:
            return True
    return False


@pytest.mark.parametrize(("mutant", "oracle"), CASES, ids=[mutant.why for mutant, _ in CASES])
def test_mutant_is_caught(mutant: Mutant, oracle: Oracle) -> None:
    """Wherever the operator finds a place in the function, but for as many as the mutant says."""
    answers = [caught(mutant, code, oracle) for code in made(mutant)]
    assert any(answers)
    assert answers.count(False) <= mutant.alive


def test_a_function_without_such_a_place_is_no_mutant() -> None:
    with pytest.raises(AssertionError, match="nothing of this kind"):
        made(Mutant("nothing", X + "memory.leveling", "level", in_text("no such text", "")))


@pytest.mark.parametrize("oracle", dict.fromkeys(o for _, o in CASES if not isinstance(o, partial)))
def test_without_a_mutant_nothing_complains(oracle: Oracle) -> None:
    oracle()


def test_measured_boots_hold_without_a_mutant() -> None:
    for oracle in (o for _, o in CASES if isinstance(o, partial)):
        oracle()


def test_there_are_enough() -> None:
    assert len(CASES) >= 25
    assert len({mutant.why for mutant, _ in CASES}) == len(CASES)
