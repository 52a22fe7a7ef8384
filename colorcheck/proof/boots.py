"""Whether Xen comes up: it neither panics nor hangs, and builds dom0 and every dom0less domain."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.proof.context import Context
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.script import SmtScript, conjunction
from colorcheck.xen.kinds import DomainKind

MODEL = Assumption(
    "Xen panics where the boot model does, and nowhere else",
    "boot model of Xen, compared with boots of real Xen",
    Trust.DOCUMENTED,
)


def boots(context: Context) -> Iterator[Theorem]:
    """The theorem on Xen's own boot. Guests of xl are created later and are not part of it."""
    own = [domain for domain in context.system.domains if domain.kind is not DomainKind.XL]
    names = ", ".join(domain.name for domain in own)
    obligation = Obligation(
        id="boots",
        kind=TheoremKind.BOOTS,
        statement=f"Xen neither panics nor hangs, and builds {names}" if own else "Xen neither panics nor hangs",
        mathematics="∀ d ∈ domains built by Xen: built(d)",
        subjects=("xen", *(domain.name for domain in own)),
        assumptions=(MODEL,),
        places=tuple(Related(domain.location, f"Xen builds {domain.name}") for domain in own),
    )
    context.record.update(context.boot.outcome_reads)
    if not context.modelled:
        yield obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
        return
    panic = context.boot.panic
    if panic is None:
        yield obligation.decided(_script(context), context.timeout, smt=context.smt)
    else:
        yield obligation.settled(Verdict.REFUTED, reason=panic.message)


def _script(context: Context) -> SmtScript:
    """The claim that every domain built by Xen finds its frames: it needs at most what its colors have at its turn."""
    terms = []
    for built in context.boot.built:
        if built.domain.kind is not DomainKind.XL and built.free_before:
            free = sum(built.free_before[color] for color in set(built.domain.colors))
            terms.append(f"(<= {built.domain.needed_pages} {free})")
    return SmtScript("QF_LIA", (), (), conjunction(terms))
