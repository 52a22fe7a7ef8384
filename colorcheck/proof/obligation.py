"""Proof obligations, and how a solver's answer turns one into a theorem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from colorcheck.core.certificate import Certificate
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import TIME_IS_OVER, Assumption, Theorem, TheoremKind
from colorcheck.core.witness import Witness
from colorcheck.proof.script import SmtScript
from colorcheck.proof.solver import decide

Shows = Callable[[Mapping[str, int | bool | str]], Witness | None]


class Obligation(Struct, frozen=True):
    """A claim that will become a theorem; the fields are those of `Theorem`.

    `places` are the places in files that the claim is about; a refutation points at them. `witness` turns the values of
    a countermodel into the theorem's witness.
    """

    id: str
    kind: TheoremKind
    statement: str
    mathematics: str
    subjects: tuple[str, ...]
    assumptions: tuple[Assumption, ...] = ()
    places: tuple[Related, ...] = ()

    def settled(
        self,
        verdict: Verdict,
        *,
        reason: str = "",
        witness: Witness | None = None,
        certificate: Certificate | None = None,
        core: tuple[Related, ...] | None = None,
        seconds: float = 0.0,
        smt: str = "",
    ) -> Theorem:
        """The theorem with a verdict that is already known."""
        return Theorem(
            id=self.id,
            kind=self.kind,
            statement=self.statement,
            mathematics=self.mathematics,
            subjects=self.subjects,
            verdict=verdict,
            seconds=seconds,
            assumptions=self.assumptions,
            core=self.places if core is None else core,
            witness=witness,
            reason=reason,
            certificate=certificate,
            smt=smt,
        )

    def decided(
        self,
        script: SmtScript,
        timeout: float,
        *,
        smt: bool = False,
        witness: Shows | None = None,
        certificate: Certificate | None = None,
        refuted: str = "",
    ) -> Theorem:
        """The theorem with the verdict of Z3; `refuted` is the reason to give if it is refuted."""
        if timeout <= 0:
            return self.settled(Verdict.UNKNOWN, reason=TIME_IS_OVER)
        by_name = {each.name: each.place for each in script.assumptions}
        answer = decide(script, timeout, core=any(by_name.values()))
        if answer.verdict is Verdict.VACUOUS and not answer.core:
            answer = decide(script, timeout)
        named = tuple(place for name in answer.core if (place := by_name.get(name)) is not None)
        core = self.places if answer.verdict in {Verdict.REFUTED, Verdict.UNKNOWN} else named
        reason = answer.reason
        if answer.verdict is Verdict.VACUOUS:
            reason = f"the assumptions contradict each other: {', '.join(answer.core)}"
        is_refuted = answer.verdict is Verdict.REFUTED
        return self.settled(
            answer.verdict,
            reason=refuted if is_refuted else reason,
            witness=witness(dict(answer.values)) if is_refuted and witness else None,
            certificate=certificate if is_refuted else None,
            core=core,
            seconds=answer.seconds,
            smt=script.text(answer.verdict) if smt else "",
        )
