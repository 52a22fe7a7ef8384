"""The only place that runs Z3: a script in, a verdict with its core or its countermodel out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.files.costs import allowance
from colorcheck.proof.script import SmtScript

if TYPE_CHECKING:
    import z3


class Answer(Struct, frozen=True):
    """What Z3 made of a script.

    `core` are the names of assumptions: of a minimal contradictory set where the verdict is vacuous, of a minimal set
    that carries the proof where it is proved. `values` are the constants of a countermodel.
    """

    verdict: Verdict
    seconds: float
    core: tuple[str, ...] = ()
    values: tuple[tuple[str, int | bool | str], ...] = ()
    reason: str = ""


MOST_REMEMBERED = 4096
_answered: dict[tuple[SmtScript, bool], Answer] = {}


def forget() -> None:
    """Forgets every answer, so that each script is decided anew."""
    _answered.clear()


def decide(script: SmtScript, timeout: float, *, core: bool = True) -> Answer:
    """Asks Z3; `timeout` in seconds for the whole script. No answer in time is `UNKNOWN`.

    Without `core` the answer names no assumptions, which saves the search for a minimal set of them. The very same
    script (several Xens mostly ask alike) is decided once a process.
    """
    begin = time.perf_counter()
    known = _answered.get((script, core))
    if known is not None:
        return replace(known, seconds=time.perf_counter() - begin)
    answer = _within_memory(script, timeout, core=core)
    if answer.verdict is not Verdict.UNKNOWN:
        if len(_answered) >= MOST_REMEMBERED:
            forget()
        _answered[script, core] = answer
    return answer


def _within_memory(script: SmtScript, timeout: float, *, core: bool) -> Answer:
    import z3

    begin = time.perf_counter()
    given = allowance()
    if given is not None:
        z3.set_param("memory_max_size", given.memory >> 20)
    try:
        return _decided(script, timeout, core=core)
    except z3.Z3Exception as error:
        if "memory" not in str(error):
            raise
        reason = "the solver gave no answer (it needs more memory than --input-memory allows)"
        return Answer(Verdict.UNKNOWN, time.perf_counter() - begin, reason=reason)


def _decided(script: SmtScript, timeout: float, *, core: bool) -> Answer:
    import z3

    begin = time.perf_counter()
    deadline = begin + timeout
    context = z3.Context()  # of its own, so that answers do not depend on what was asked before
    parsed = z3.parse_smt2_string(_text(script), ctx=context)
    solver = z3.Solver(ctx=context)
    solver.set("ctrl_c", False)  # it would take Ctrl-C for itself, answer "unknown", and the run would go on
    names = {f"assume!{number}": each.name for number, each in enumerate(script.assumptions)}
    marks = [z3.Bool(name, context) for name in names]
    for mark, term in zip(marks, parsed, strict=False):
        solver.add(z3.Implies(mark, term))

    possible = _check(solver, marks, deadline)
    if possible == z3.unsat:
        return _answer(Verdict.VACUOUS, begin, _minimal(solver, marks, deadline) if core else [], names)
    if possible == z3.unknown:
        return _unknown(begin, solver)
    solver.add(z3.Not(parsed[len(marks)]))
    result = _check(solver, marks, deadline)
    if result == z3.unsat:
        return _answer(Verdict.PROVED, begin, _minimal(solver, marks, deadline) if core else [], names)
    if result == z3.unknown:
        return _unknown(begin, solver)
    values = _values(solver.model(), script.values)
    return Answer(Verdict.REFUTED, time.perf_counter() - begin, values=values)


def _text(script: SmtScript) -> str:
    asserted = [f"(assert {each.term})" for each in script.assumptions]
    return "\n".join([*script.declarations, *asserted, f"(assert {script.claim})"])


def _check(solver: z3.Solver, marks: list[z3.BoolRef], deadline: float) -> z3.CheckSatResult:
    solver.set("timeout", max(1, int((deadline - time.perf_counter()) * 1000)))
    return solver.check(*marks)


def _minimal(solver: z3.Solver, marks: list[z3.BoolRef], deadline: float) -> list[z3.BoolRef]:
    """A core from which nothing can be left out; what time does not allow to try stays in."""
    import z3

    wanted = {mark.decl().name() for mark in solver.unsat_core()}
    core = [mark for mark in marks if mark.decl().name() in wanted]
    for mark in list(core):
        smaller = [other for other in core if other is not mark]
        if time.perf_counter() < deadline and _check(solver, smaller, deadline) == z3.unsat:
            core = smaller
    return core


def _answer(verdict: Verdict, begin: float, core: list[z3.BoolRef], names: dict[str, str]) -> Answer:
    return Answer(verdict, time.perf_counter() - begin, tuple(names[mark.decl().name()] for mark in core))


def _unknown(begin: float, solver: z3.Solver) -> Answer:
    reason = f"the solver gave no answer ({solver.reason_unknown()})"
    return Answer(Verdict.UNKNOWN, time.perf_counter() - begin, reason=reason)


def _values(model: z3.ModelRef, wanted: tuple[str, ...]) -> tuple[tuple[str, int | bool | str], ...]:
    found = {declaration.name(): model[declaration] for declaration in model.decls() if declaration.arity() == 0}
    return tuple((name, _plain(found[name])) for name in wanted if name in found)


def _plain(value: z3.ExprRef) -> int | bool | str:
    import z3

    if isinstance(value, z3.BitVecNumRef | z3.IntNumRef):
        return int(value.as_long())
    if z3.is_true(value) or z3.is_false(value):
        return bool(z3.is_true(value))
    return str(value)
