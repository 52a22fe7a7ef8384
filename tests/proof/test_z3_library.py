"""Our calls of Z3's C API give what its own Python module gives, and load no library of a stranger's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.proof import solver, z3_library
from colorcheck.proof.script import Named, SmtScript
from colorcheck.proof.solver import decide, forget
from colorcheck.proof.z3_library import Check, Z3Context, Z3Error, Z3Solver, library

ROOT = Path(__file__).parents[2]
DECLARED = """
(declare-const a (_ BitVec 8)) (declare-const b (_ BitVec 8)) (declare-const i Int) (declare-const p Bool)
(declare-sort S 0) (declare-const u S) (declare-const v S) (declare-fun f (S) Int)
"""
_octets = st.sampled_from(["a", "b", "#x00", "#xff"]) | st.integers(0, 255).map(lambda n: f"#x{n:02x}")
_numbers = st.sampled_from(["i", "(f u)", "(f v)"]) | st.integers(0, 9).map(str)
_atoms = st.one_of(
    st.sampled_from(["p", "(= u v)", "(distinct u v)", "(forall ((x S)) (= (f x) i))"]),
    st.builds("({} {} {})".format, st.sampled_from(["=", "bvult", "bvsle"]), _octets, _octets),
    st.builds("(= (bvmul a {}) {})".format, _octets, _octets),
    st.builds("({} {} {})".format, st.sampled_from(["=", "<", ">="]), _numbers, _numbers),
)
terms = st.recursive(
    _atoms,
    lambda inner: (
        st.builds("({} {} {})".format, st.sampled_from(["and", "or", "=>", "xor"]), inner, inner)
        | st.builds("(not {})".format, inner)
    ),
    max_leaves=6,
)


def script(asserted: list[str]) -> str:
    return DECLARED + "".join(f"(assert {term})\n" for term in asserted)


@given(st.lists(terms, min_size=1, max_size=4))
def test_answers_are_those_of_its_own_module_and_values_hold(asserted: list[str]) -> None:
    theirs = z3.SimpleSolver(ctx=z3.Context())
    theirs.set("timeout", 5000)
    theirs.add(z3.parse_smt2_string(script(asserted), ctx=theirs.ctx))
    context = Z3Context()
    ours = Z3Solver(context)
    ours.add(context.parse(script(asserted)))
    answer = ours.check([], 5000)
    assert answer.value == theirs.check().r
    if answer is not Check.SATISFIABLE:
        return
    for name, value in ours.values().items():
        if isinstance(value, bool):
            theirs.add(z3.Bool(name, theirs.ctx) == value)
        elif name in "ab":
            theirs.add(z3.BitVec(name, 8, theirs.ctx) == value)
        elif isinstance(value, int):
            theirs.add(z3.Int(name, theirs.ctx) == value)
        else:
            assert value.startswith("S!val!")
    assert theirs.check() == z3.sat


@pytest.mark.parametrize(
    ("asserted", "value"),
    [
        ("(= a #xff)", {"a": 255}),
        ("(= i (- 7))", {"i": -7}),
        ("(= i 123456789012345678901234567890)", {"i": 123456789012345678901234567890}),
        ("p", {"p": True}),
        ("(not p)", {"p": False}),
    ],
)
def test_values_are_plain(asserted: str, value: dict[str, int | bool]) -> None:
    context = Z3Context()
    solver = Z3Solver(context)
    solver.add(context.parse(script([asserted])))
    assert solver.check([], 5000) is Check.SATISFIABLE
    found = solver.values()
    assert found == value
    assert [type(each) for each in found.values()] == [type(each) for each in value.values()]


@pytest.mark.slow
def test_contexts_may_end_before_what_is_in_them() -> None:
    """Python ends the members of a circle of garbage in any order."""
    code = (
        "import gc\n"
        "from colorcheck.proof.z3_library import Z3Context, Z3Solver\n"
        "for number in range(200):\n"
        "    context = Z3Context()\n"
        "    solver = Z3Solver(context)\n"
        "    terms = context.parse('(declare-const p Bool) (assert (not p))')\n"
        "    solver.add(terms)\n"
        "    context.circle = (terms, solver, context)\n"
        "    context.__del__()\n"
        "    del context, solver, terms\n"
        "    gc.collect()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.lists(terms, min_size=2, max_size=5))
def test_a_core_is_contradictory(asserted: list[str]) -> None:
    context = Z3Context()
    solver = Z3Solver(context)
    marks = [context.boolean(f"m{number}") for number in range(len(asserted))]
    declared = DECLARED + "".join(f"(declare-const m{number} Bool)" for number in range(len(asserted)))
    solver.add(context.parse(declared + "".join(f"(assert (=> m{n} {term}))" for n, term in enumerate(asserted))))
    if solver.check(marks, 5000) is not Check.UNSATISFIABLE:
        return
    core = {mark.name for mark in solver.core()}
    assert core <= {mark.name for mark in marks}
    alone = Z3Solver(context)
    alone.add(context.parse(script([term for n, term in enumerate(asserted) if f"m{n}" in core])))
    assert alone.check([], 5000) is Check.UNSATISFIABLE


def test_a_negated_term_is_its_negation() -> None:
    context = Z3Context()
    solver = Z3Solver(context)
    (term,) = context.parse(script(["(bvult a #x01)"]))
    solver.add([term.negated()])
    assert solver.check([], 5000) is Check.SATISFIABLE
    solver.add([term])
    assert solver.check([], 5000) is Check.UNSATISFIABLE


@pytest.mark.parametrize("wrong", ["(assert)", "(assert (= nobody 1))", "(assert (bvult #x00 #x000))", "("])
def test_a_wrong_script_is_an_error(wrong: str) -> None:
    """Its context is not used again: that of Z3 4.13 does not recover."""
    with pytest.raises(Z3Error, match="error"):
        Z3Context().parse(wrong)
    assert len(Z3Context().parse(script(["p", "(not p)"]))) == 2


def test_a_wrong_question_does_not_spoil_the_next() -> None:
    right = SmtScript("QF_BV", ("(declare-const x (_ BitVec 8))",), (), "(= (bvor x x) x)")
    for wrong in ("(= x nobody)", "(bvult x #x000)"):
        with pytest.raises(Z3Error):
            decide(replace(right, claim=wrong), 5, core=False)
        forget()
        assert decide(right, 5, core=False).verdict is Verdict.PROVED


def test_a_script_ends_at_no_zero_byte() -> None:
    with pytest.raises(Z3Error, match="zero byte"):
        Z3Context().parse("(declare-const p Bool) (assert p)\0 (assert (not p))")


def test_a_script_of_which_a_part_is_missing_is_no_question() -> None:
    script = SmtScript("QF_BV", ("(declare-const p Bool)",), (Named("a", "p) (assert p"),), "p")
    with pytest.raises(Z3Error, match="2 assumptions were read instead of 1"):
        decide(script, 5, core=False)


def test_an_old_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3_library, "_OLDEST", (99, 0))
    with pytest.raises(OSError, match="too old"):
        library.__wrapped__()


def test_a_context_without_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exhausted:
        def __getattr__(self, name: str) -> object:
            return lambda *_: None

    monkeypatch.setattr(z3_library, "library", Exhausted)
    with pytest.raises(Z3Error, match="memory") as error:
        Z3Context()
    assert error.value.code == z3_library.MEMORY_EXHAUSTED


def test_a_large_script_is_not_asked_without_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes to read it is not in Z3's own measure of work."""
    declared = tuple(f"(declare-const x{n} (_ BitVec 64))" for n in range(1200))
    asserted = tuple(
        Named(f"a{n}", f"(bvult (bvmul x{n} x{n + 1}) (bvadd (bvmul x{n} x{n}) #x{n:016x}))") for n in range(1199)
    )
    asked: list[SmtScript] = []
    monkeypatch.setattr(solver, "_quickly", lambda script, **_: asked.append(script))
    decide(SmtScript("QF_BV", declared, asserted, "false"), 0.6, core=False)
    assert asked == []


@pytest.mark.parametrize("name", ["ctrl_c", "relevancy", "timeout"])
def test_the_parameters_that_we_set_are_known(name: str) -> None:
    """A solver ignores others silently."""
    known = z3.SimpleSolver().param_descrs()
    assert name in {known.get_name(number) for number in range(known.size())}


def test_no_answer_in_time_has_a_reason() -> None:
    context = Z3Context()
    solver = Z3Solver(context)
    declared = "(declare-const x (_ BitVec 120)) (declare-const y (_ BitVec 120))"
    bounds = "(assert (bvult #x000000000000000000000000000001 x)) (assert (bvule x y)) "
    product = "(assert (= (bvmul (concat x x) (concat y x)) (_ bv1000000000000000003000000000000000002 240)))"
    solver.add(context.parse(declared + bounds + product))
    if solver.check([], 1) is Check.UNKNOWN:
        assert solver.reason() in {"timeout", "canceled"}


@pytest.mark.slow
def test_the_library_is_the_file_that_the_package_itself_loads() -> None:
    """Two copies in one process damage each other's memory."""
    assert Path(library()._name).parts[-3:-1] == ("z3", "lib")
    code = (
        "from colorcheck.proof.z3_library import library\n"
        "library()\n"
        "import z3\n"
        "z3.main_ctx()\n"
        "maps = open('/proc/self/maps').read().splitlines()\n"
        "print(len({line.split()[-1] for line in maps if 'libz3' in line}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "1\n"


@pytest.mark.slow
def test_a_library_in_the_current_folder_is_not_loaded(tmp_path: Path) -> None:
    """Z3's own module looks there first. What is read here can come from a stranger."""
    mine = Path(library()._name)
    for folder in (tmp_path, tmp_path / "z3", tmp_path / "z3" / "lib"):
        folder.mkdir(exist_ok=True)
        for name in {"libz3.so", "libz3.dylib", *(path.name for path in mine.parent.iterdir())}:
            (folder / name).write_bytes(b"not a library")
    (tmp_path / "z3" / "__init__.py").write_text("raise SystemExit('a module of a stranger')\n", encoding="utf-8")
    example = ROOT / "examples" / "zcu102-dom0less"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"}
    command = [sys.executable, "-m", "colorcheck", "verify", "--quiet", str(example)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
