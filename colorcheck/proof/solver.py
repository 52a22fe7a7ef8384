"""The only module that runs Z3: takes a script, returns a verdict with its core or its countermodel."""

from __future__ import annotations

import threading
import time

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.files.costs import allowance
from colorcheck.proof.script import SmtScript
from colorcheck.proof.z3_library import MEMORY_EXHAUSTED, Check, Z3Context, Z3Error, Z3Solver, Z3Term, limit_memory


class Answer(Struct, frozen=True):
    """Z3's answer to a script.

    `core` has names of assumptions: of a minimal contradictory set if the verdict is vacuous, of a minimal set that
    suffices for the proof if it is proved. `values` has the constants of a countermodel.
    """

    verdict: Verdict
    seconds: float
    core: tuple[str, ...] = ()
    values: tuple[tuple[str, int | bool | str], ...] = ()
    reason: str = ""


MOST_REMEMBERED = 4096
_answered: dict[tuple[SmtScript, bool], Answer] = {}


def forget() -> None:
    """Clear the cache, so that each script is decided again."""
    _answered.clear()


def decide(script: SmtScript, timeout: float, *, core: bool = True) -> Answer:
    """Decide a script with Z3; `timeout` is in seconds for the whole script.

    No answer in time is `UNKNOWN`. Without `core`, the answer names no assumptions, which saves the search for a
    minimal set. Equal scripts (common with several releases) are decided once per process.
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
    begin = time.perf_counter()
    given = allowance()
    if given is not None:
        limit_memory(given.memory >> 20)
    try:
        small = sum(len(each.term) for each in script.assumptions) + len(script.claim) <= SMALL
        few = not core or len(script.assumptions) <= MOST_TRIED
        quick = _quickly(script, core=core) if small and few and timeout >= 2 * QUICK else None
        return quick or _decided(script, timeout - min(time.perf_counter() - begin, QUICK), Z3Context(), core=core)
    except Z3Error as error:
        if error.code != MEMORY_EXHAUSTED and "memory" not in str(error):
            raise
        reason = "the solver gave no answer (it needs more memory than --input-memory allows)"
        return Answer(Verdict.UNKNOWN, time.perf_counter() - begin, reason=reason)


class _Shared(threading.local):
    """The thread's context for answers that do not depend on earlier questions: a new one takes 3 to 7 ms."""

    context: Z3Context | None = None


_shared = _Shared()
QUICK = 0.25
"""Seconds that a question gets in the shared context, after which nothing more is asked there."""
EFFORT = 500_000
"""The most that each check takes there, in Z3's own measure of work: about a fifth of a second."""
SMALL = 50_000
"""Characters of terms. What it takes to read a larger script is not in that measure."""
MOST_TRIED = 32
"""Assumptions that are left out one after the other to find a core; of more, only those of the solver's own core."""


def _quickly(script: SmtScript, *, core: bool) -> Answer | None:
    """The answer found in the shared context, if it is the same whatever was asked before; otherwise None.

    A countermodel and the reason why there is no answer may depend on earlier questions in the same context. Those
    come from a context of their own, so that equal inputs give equal documents. A core found by leaving out one
    assumption after the other depends on nothing but the verdicts.
    """
    context, _shared.context = _shared.context or Z3Context(), None  # given back only if nothing is raised
    try:
        answer = _decided(script, QUICK, context, core=core, quick=True)
    except _Unsure:
        answer = None
    _shared.context = context
    return answer if answer and answer.verdict in {Verdict.PROVED, Verdict.VACUOUS} else None


class _Unsure(Exception):
    """There was no time, or no answer, to find a core."""


def _decided(script: SmtScript, timeout: float, context: Z3Context, *, core: bool, quick: bool = False) -> Answer:
    begin = time.perf_counter()
    deadline = begin + timeout
    assumed, claim = _parsed(script, context, marked=core)
    solver = Z3Solver(context)
    # Otherwise Z3 handles Ctrl-C itself, answers "unknown", and the run continues. With the analysis of what is
    # relevant, proofs with quantifiers take half as long again.
    solver.set(ctrl_c=False, relevancy=0, **({"rlimit": EFFORT} if quick else {}))
    names = {_mark(number): each.name for number, each in enumerate(script.assumptions)} if core else {}
    marks = [context.boolean(mark) for mark in names]
    solver.add(assumed)

    possible = _check(solver, marks, deadline, quick=quick)
    if possible is Check.UNSATISFIABLE:
        return _answer(Verdict.VACUOUS, begin, _minimal(solver, marks, deadline, quick=quick) if core else [], names)
    if possible is Check.UNKNOWN:
        return _unknown(begin, solver)
    solver.add([claim.negated()])
    result = _check(solver, marks, deadline, quick=quick)
    if result is Check.UNSATISFIABLE:
        return _answer(Verdict.PROVED, begin, _minimal(solver, marks, deadline, quick=quick) if core else [], names)
    if result is Check.UNKNOWN:
        return _unknown(begin, solver)
    return Answer(Verdict.REFUTED, time.perf_counter() - begin, values=_values(solver, script.values))


def _parsed(script: SmtScript, context: Z3Context, *, marked: bool) -> tuple[list[Z3Term], Z3Term]:
    *assumed, claim = context.parse(_text(script, marked=marked))
    if len(assumed) != len(script.assumptions):  # otherwise an assumption could be taken for the claim
        raise Z3Error(f"{len(assumed)} assumptions were read instead of {len(script.assumptions)}", 0)
    return assumed, claim


def _mark(number: int) -> str:
    return f"assume!{number}"


def _text(script: SmtScript, *, marked: bool) -> str:
    """The declarations, an assertion for each assumption, and the claim; a marked one holds where its mark is true."""
    terms = [each.term for each in script.assumptions]
    marks = [f"(declare-const {_mark(number)} Bool)" for number in range(len(terms))] if marked else []
    if marked:
        terms = [f"(=> {_mark(number)} {term})" for number, term in enumerate(terms)]
    return "\n".join(
        [*script.declarations, *marks, *(f"(assert {term})" for term in terms), f"(assert {script.claim})"]
    )


def _check(solver: Z3Solver, marks: list[Z3Term], deadline: float, *, quick: bool) -> Check:
    left = deadline - time.perf_counter()
    if quick:
        return solver.check(marks) if left > 0 else Check.UNKNOWN
    return solver.check(marks, max(1, int(left * 1000)))


def _minimal(solver: Z3Solver, marks: list[Z3Term], deadline: float, *, quick: bool) -> list[Z3Term]:
    """A core from which nothing can be removed. Elements that there was no time or no answer to try are kept, or, if
    it is to be quick, `_Unsure` is raised.
    """
    core = list(marks)
    if len(marks) > MOST_TRIED:
        wanted = {mark.name for mark in solver.core()}
        core = [mark for mark in marks if mark.name in wanted]
    for mark in list(core):
        smaller = [other for other in core if other is not mark]
        timely = time.perf_counter() < deadline
        tried = _check(solver, smaller, deadline, quick=quick) if timely else Check.UNKNOWN
        if tried is Check.UNSATISFIABLE:
            core = smaller
        elif tried is Check.UNKNOWN and quick:
            raise _Unsure
    return core


def _answer(verdict: Verdict, begin: float, core: list[Z3Term], names: dict[str, str]) -> Answer:
    return Answer(verdict, time.perf_counter() - begin, tuple(names[mark.name] for mark in core))


def _unknown(begin: float, solver: Z3Solver) -> Answer:
    reason = f"the solver gave no answer ({solver.reason()})"
    return Answer(Verdict.UNKNOWN, time.perf_counter() - begin, reason=reason)


def _values(solver: Z3Solver, wanted: tuple[str, ...]) -> tuple[tuple[str, int | bool | str], ...]:
    found = solver.values()
    return tuple((name, found[name]) for name in wanted if name in found)
