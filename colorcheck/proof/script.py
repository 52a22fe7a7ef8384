"""Questions for a solver as SMT-LIB 2 text; Z3 and certificates use the same text."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.diagnostic import Related, Verdict


class Named(Struct, frozen=True):
    """A named assumption, as it appears in unsat cores, and its place in the input files."""

    name: str
    term: str
    place: Related | None = None


class SmtScript(Struct, frozen=True):
    """A claim under assumptions.

    `declarations` are SMT-LIB commands, `assumptions` and `claim` Boolean terms over them. The claim is proved if the
    assumptions are satisfiable and their conjunction with its negation is not. `values` are the constants whose values
    in a countermodel give the witness.
    """

    logic: str
    declarations: tuple[str, ...]
    assumptions: tuple[Named, ...]
    claim: str
    values: tuple[str, ...] = ()

    def text(self, verdict: Verdict) -> str:
        """The SMT-LIB 2 file with both questions, and the answers that the verdict requires in `:status`."""
        lines = [f"(set-logic {self.logic})", *self.declarations]
        lines += [f"(assert (! {each.term} :named {each.name}))" for each in self.assumptions]
        first, *rest = expected_answers(verdict)
        lines += [f"(set-info :status {first})", "(check-sat)"]
        for answer in rest:
            lines += [f"(assert (! (not {self.claim}) :named negated-claim))", f"(set-info :status {answer})"]
            lines += ["(check-sat)"]
        return "\n".join([*lines, "(exit)", ""])


def expected_answers(verdict: Verdict) -> tuple[str, ...]:
    """The answers that a verdict requires: for the assumptions alone, then with the negated claim."""
    return {
        Verdict.PROVED: ("sat", "unsat"),
        Verdict.REFUTED: ("sat", "sat"),
        Verdict.VACUOUS: ("unsat",),
        Verdict.UNKNOWN: ("unknown",),
    }[verdict]


def together(scripts: Sequence[SmtScript]) -> SmtScript:
    """One script with the conjunction of all claims; declarations and assumptions of the same name are merged."""
    declarations = dict.fromkeys(line for script in scripts for line in script.declarations)
    assumptions = {each.name: each for script in scripts for each in script.assumptions}
    claim = conjunction([script.claim for script in scripts])
    return SmtScript(scripts[0].logic, tuple(declarations), tuple(assumptions.values()), claim)


def conjunction(terms: list[str]) -> str:
    return _joined("and", terms, "true")


def disjunction(terms: list[str]) -> str:
    return _joined("or", terms, "false")


def total(terms: list[str]) -> str:
    return _joined("+", terms, "0")


def _joined(operator: str, terms: list[str], empty: str) -> str:
    if len(terms) < 2:
        return terms[0] if terms else empty
    return f"({operator} {' '.join(terms)})"


def vector(value: int, width: int) -> str:
    """A bit vector constant."""
    return f"(_ bv{value} {width})"
