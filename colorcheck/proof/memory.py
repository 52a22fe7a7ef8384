"""Memory: every domain finds its frames among those left in its colors, in the listed order or in every order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.certificate import Certificate
from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.units import size_of_pages
from colorcheck.core.witness import FailingOrder, MissingFrames
from colorcheck.proof.context import Context, Party
from colorcheck.proof.counting import flow_certificate, hall_set, leveling_certificate, taking_certificate
from colorcheck.proof.flow import most_taken
from colorcheck.proof.leveling import level
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.orders import order_without_room, orders_certificate, served
from colorcheck.proof.script import Named, SmtScript, conjunction, total
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.system import Domain

HEAP = Assumption(
    "the color heap starts with the frames per color that the boot model counts",
    "theorem memory/heap and the memory map of the boot",
    Trust.CHECKED,
)
LEVELING = Assumption(
    "a frame comes from the color of the domain that has the most free frames",
    "alloc_color_heap_page, Xen 4.20 to 4.22; measured on boots",
    Trust.DOCUMENTED,
)
NEED = Assumption(
    "a domain needs its memory, its P2M pool or tables and its magic pages, all from its own colors",
    "domain building of Xen and xl, 4.20 to 4.22; measured on boots",
    Trust.DOCUMENTED,
)
NO_GROWTH = Assumption(
    "later mappings of grants and foreign frames, which take tables from dom0's colors, are not counted",
    "p2m_alloc_page for the hardware domain, Xen 4.20 to 4.22",
    Trust.DOCUMENTED,
)


class TakenFrames(Struct, frozen=True):
    """The frames that a domain's creation took, whether or not it succeeded; they never return."""

    party: Party
    pages: int
    failed: bool = False


class Turn(Struct, frozen=True):
    """A domain at its turn: the frames taken before, by whom, and the frames free now."""

    party: Party
    domain: Domain
    before: tuple[TakenFrames, ...]
    stages: tuple[tuple[int, ...], ...]  # free frames before each of `before`, and finally before the domain itself

    @property
    def free(self) -> tuple[int, ...]:
        return self.stages[-1]

    @property
    def width(self) -> int:
        """The number of colors."""
        return len({color for party in (self.party, *(t.party for t in self.before)) for color in party.colors})

    @property
    def available(self) -> int:
        return sum(self.free[color] for color in self.party.colors)


def memory(context: Context) -> Iterator[Theorem]:
    """The theorems on the memory of every domain, in the order of creation; each also depends on the facts of those
    before it.
    """
    rests: frozenset[str] = frozenset()
    domains = {party.name: party.domain for party in context.parties if party.domain}
    for theorem in _memory(context):
        domain = domains[theorem.subjects[0]]
        rests |= domain.rests_on
        yield replace(theorem, facts=tuple(rests))


def _memory(context: Context) -> Iterator[Theorem]:
    free = context.boot.free_initial
    stopped = blocked(context)
    before: tuple[TakenFrames, ...] = ()
    for party in context.parties:
        domain = party.domain
        if domain is None:
            continue
        obligation = _obligation(party, domain, "memory", "in the listed order of creation")
        if not context.modelled:
            yield obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
            continue
        beyond = any(color >= len(free) for color in domain.colors)
        if stopped or beyond or (domain.failure and not domain.kept_pages):
            refusal = domain.failure.message if domain.failure else "it has colors that do not exist"
            reason = stopped or f"{party.label} is never created: {refusal}"
            yield obligation.settled(Verdict.VACUOUS, reason=reason)
            if domain.failure and domain.kind is not DomainKind.XL:
                stopped = stopped or f"Xen panics when it builds {party.label}"
            continue
        turn = _turn(free, before, party, domain)
        fits = turn.available >= domain.needed_pages
        otherwise = _other_failure(context, domain) if fits or domain.failure else ""
        if otherwise:
            text = f"it is not built, however many frames are free: {otherwise}"
            yield obligation.settled(Verdict.REFUTED, reason=text)
        else:
            yield _listed(context, turn, obligation)
        if domain.kind is not DomainKind.XL and (otherwise or not fits):
            stopped = f"Xen panics when it builds {party.label}"
            continue
        pages = _kept(context, domain) if otherwise else domain.needed_pages
        before = (*before, TakenFrames(party, min(pages, turn.available), failed=bool(otherwise) or not fits))
    if context.policy.creation_order == "any" and context.modelled and not stopped and free:
        yield from _every_order(context)


def _kept(context: Context, domain: Domain) -> int:
    """The most frames that a creation has taken when it fails for a reason other than missing frames."""
    if domain.failure:
        return domain.kept_pages
    built = next((b for b in context.boot.built if b.domain.id == domain.id and b.domain.name == domain.name), None)
    return sum(pages for _, pages in built.pages_by_color) if built else domain.needed_pages


def blocked(context: Context) -> str:
    """Why Xen does not allocate any memory to domains; empty if it does."""
    panic = context.system.panic
    if panic:
        return f"Xen panics before it hands out memory: {panic.message}"
    if not context.system.coloring:
        return "coloring is off: there is no color heap"
    if not context.boot.free_initial:
        early = context.boot.panic
        return f"there is no color heap{f': {early.message}' if early else ''}"
    return ""


def _other_failure(context: Context, domain: Domain) -> str:
    """The boot model's reason for not building a domain for which there are enough frames; empty if it builds it."""
    if domain.failure:
        return domain.failure.message
    built = next((b for b in context.boot.built if b.domain.id == domain.id and b.domain.name == domain.name), None)
    if built is None or built.created:
        return ""
    return built.failure.message if built.failure else "the boot model gives no reason"


def _obligation(party: Party, domain: Domain, prefix: str, order: str) -> Obligation:
    needed = domain.needed_pages
    return Obligation(
        id=f"{prefix}/{party.name}",
        kind=TheoremKind.MEMORY if prefix == TheoremKind.MEMORY else TheoremKind.MEMORY_ANY_ORDER,
        statement=f"The {needed} frames of {party.label} fit into what its colors have free, {order}",
        mathematics=f"{needed} ≤ Σ free(c) over c ∈ {{{party.colors}}} at its turn",
        subjects=(party.name,),
        assumptions=(HEAP, LEVELING, NEED, *(NO_GROWTH,) * (domain.kind is DomainKind.DOM0), *trusted(domain)),
        places=(
            Related(domain.memory_location, f"{party.label} needs {needed} frames ({size_of_pages(needed)})"),
            Related(domain.location, f"{party.label} has {party.colors.named}"),
        ),
    )


def trusted(domain: Domain) -> tuple[Assumption, ...]:
    """Assumptions of the domain's creation that no input confirms."""
    return tuple(Assumption(each, "the file is not here", Trust.TRUSTED) for each in domain.trusted)


def _turn(free: tuple[int, ...], before: Sequence[TakenFrames], party: Party, domain: Domain) -> Turn:
    """The turn of a domain; only earlier creations count that took, directly or through others, from its colors."""
    touched = party.colors
    relevant: list[TakenFrames] = []
    for earlier in reversed(before):
        if not earlier.party.colors.isdisjoint(touched):
            touched |= earlier.party.colors
            relevant.insert(0, earlier)
    stages = [free]
    for earlier in relevant:
        colors = earlier.party.domain.colors if earlier.party.domain else ()
        stages.append(level(stages[-1], colors, earlier.pages) or stages[-1])
    return Turn(party, domain, tuple(relevant), tuple(stages))


def _listed(context: Context, turn: Turn, obligation: Obligation) -> Theorem:
    missing = turn.domain.needed_pages - turn.available
    certificate: Certificate | None = None
    witness: MissingFrames | None = None
    core = obligation.places
    chain = [*turn.before, TakenFrames(turn.party, turn.domain.needed_pages)]
    needs = {t.party.name: (t.pages, t.party.domain.colors) for t in chain if t.party.domain}
    if missing > 0:
        certificate = hall_set(needs, context.boot.free_initial) or taking_certificate(needs, context.boot.free_initial)
        free = {str(color): turn.free[color] for color in turn.party.colors}
        witness = MissingFrames(turn.party.name, turn.domain.needed_pages, turn.available, missing, free)
        core = (*core, *(place for taken in turn.before for place in _places(taken)))
    place = Obligation(
        obligation.id,
        obligation.kind,
        obligation.statement,
        obligation.mathematics,
        obligation.subjects,
        obligation.assumptions,
        core,
    )
    text = f"{missing} frames ({size_of_pages(missing)}) are missing" if missing > 0 else ""
    if not turn.before and not context.smt and context.timeout > 0:
        # Nothing but two numbers, so that there is nothing to search for; the solver's minimal core is the need.
        verdict, core = (Verdict.REFUTED, core) if missing > 0 else (Verdict.PROVED, (_need(turn),))
        return place.settled(verdict, reason=text, witness=witness, certificate=certificate, core=core)
    if not context.asks_solver(len(turn.stages) * turn.width):
        # All numbers in the script are constants: the sum decides.
        verdict = Verdict.REFUTED if missing > 0 else Verdict.PROVED
        if missing <= 0:
            core = (*core, *(place for taken in turn.before for place in _places(taken)))
            certificate = leveling_certificate(needs, context.boot.free_initial) if context.smt else None
        smt = _script(turn).text(verdict) if context.smt else ""
        return place.settled(verdict, reason=text, witness=witness, certificate=certificate, core=core, smt=smt)
    theorem = place.decided(
        _script(turn),
        context.timeout,
        smt=context.smt,
        witness=lambda _: witness,
        certificate=certificate,
        refuted=text,
    )
    if context.smt and theorem.verdict is Verdict.PROVED:
        return replace(theorem, certificate=leveling_certificate(needs, context.boot.free_initial))
    return theorem


def _places(taken: TakenFrames) -> tuple[Related, ...]:
    if taken.party.domain is None:
        return ()
    lost = " and loses them when its creation fails" if taken.failed else ""
    message = f"{taken.party.label} takes {taken.pages} frames ({size_of_pages(taken.pages)}) before{lost}"
    return (Related(taken.party.domain.memory_location, message),)


def _need(turn: Turn) -> Related:
    return Related(turn.domain.memory_location, f"{turn.party.label} needs {turn.domain.needed_pages} frames")


def _script(turn: Turn) -> SmtScript:
    """The heap stage by stage; the levels are given, and the solver checks that they follow the rule."""
    touched = turn.party.colors
    for earlier in turn.before:
        touched |= earlier.party.colors
    declarations = ["(declare-const need Int)"]
    declarations += [f"(declare-const f{stage}_{c} Int)" for stage in range(len(turn.stages)) for c in touched]
    first = [f"(= f0_{color} {turn.stages[0][color]})" for color in touched]
    assumptions = [
        Named("heap", conjunction(first)),
        Named("need-of-the-domain", f"(= need {turn.domain.needed_pages})", _need(turn)),
    ]
    for number, (earlier, (free, left)) in enumerate(zip(turn.before, pairwise(turn.stages), strict=True)):
        place = _places(earlier)[0]
        assumptions.append(Named(f"taken-{number}", _step(number, earlier, free, left, touched), place))
    claim = f"(<= need {total([f'f{len(turn.stages) - 1}_{color}' for color in turn.party.colors])})"
    return SmtScript("QF_LIA", tuple(declarations), tuple(assumptions), claim)


def _step(stage: int, earlier: TakenFrames, free: Sequence[int], left: Sequence[int], touched: ColorSet) -> str:
    """The claim that colors of the party go down to one level, or one below it, and that the others are unchanged."""
    party = earlier.party
    low = max((left[color] for color in party.colors), default=0)
    terms = []
    for color in touched:
        old, new = f"f{stage}_{color}", f"f{stage + 1}_{color}"
        if color not in party.colors:
            terms.append(f"(= {new} {old})")
        else:
            bound = f"(ite (> {old} {low}) {low} {old})"
            below = 1 if left[color] == low - 1 and free[color] >= low else 0
            terms.append(f"(= {new} (- {bound} {below}))")
    taken = total([f"(- f{stage}_{color} f{stage + 1}_{color})" for color in party.colors])
    return conjunction([*terms, f"(= {taken} {earlier.pages})"])


def _every_order(context: Context) -> Iterator[Theorem]:
    """Theorems for every order:

    Xen builds dom0 and dom0less domains in order; xl guests may be created in any order.
    """
    free: tuple[int, ...] = context.boot.free_initial
    guests = []
    for party in context.parties:
        domain = party.domain
        if domain is None or (domain.failure and not domain.kept_pages):
            continue
        if domain.kind is DomainKind.XL:
            guests.append(party)
        else:
            free = level(free, domain.colors, domain.needed_pages) or free
    for party in guests:
        if party.domain and not party.domain.failure:
            yield _any_order(context, party, party.domain, [g for g in guests if g is not party], free)


def _any_order(context: Context, party: Party, domain: Domain, others: list[Party], free: tuple[int, ...]) -> Theorem:
    obligation = _obligation(party, domain, "memory-any-order", "in every order of the xl guests")
    rivals = [other for other in others if not other.colors.isdisjoint(party.colors)]
    theorem = _bounded(context, obligation, (party, domain), rivals, free)
    if context.smt and theorem.verdict is Verdict.PROVED:
        taking = {rival.name: (_asked(rival.domain), rival.domain.colors) for rival in rivals if rival.domain}
        flow = flow_certificate(party.name, domain.needed_pages, domain.colors, taking, free)
        return replace(theorem, certificate=flow)
    if theorem.verdict is not Verdict.REFUTED:
        return theorem
    needs = {p.name: (_asked(p.domain), p.domain.colors) for p in [party, *others] if p.domain}
    search = order_without_room(party.name, needs, free, context.timeout, every_state=context.smt)
    if search.order is None and not search.complete:
        return obligation.settled(
            Verdict.UNKNOWN, reason="no order that fails was found, and none could be excluded in time"
        )
    if search.order is None:
        return obligation.settled(
            Verdict.PROVED,
            reason="every order of the guests that share colors was tried",
            certificate=orders_certificate(party.name, needs, search) if context.smt else None,
        )
    found = search.order
    witness = FailingOrder((*found, party.name), party.name, domain.needed_pages)
    ordered = served({name: needs[name] for name in found}, free)
    ordered[party.name] = needs[party.name]
    certificate = hall_set(ordered, free) or taking_certificate(ordered, free)
    text = f"no room for {party.label} after {', '.join(found) or 'the domains that Xen builds'}"
    return obligation.settled(
        Verdict.REFUTED, reason=text, witness=witness, certificate=certificate, seconds=theorem.seconds
    )


def _bounded(
    context: Context, obligation: Obligation, who: tuple[Party, Domain], rivals: list[Party], free: tuple[int, ...]
) -> Theorem:
    """The theorem that enough is left however the others' frames spread, decided by the solver or by a maximum flow."""
    party, domain = who
    if context.asks_solver(sum(len(rival.colors) for rival in rivals)):
        return obligation.decided(_bound_script(party, domain, rivals, free), context.timeout, smt=context.smt)
    demands = [(_asked(rival.domain), tuple(rival.colors)) for rival in rivals if rival.domain]
    left = sum(free[color] for color in party.colors) - most_taken(demands, free, party.colors)
    verdict = Verdict.PROVED if domain.needed_pages <= left else Verdict.REFUTED
    text = _bound_script(party, domain, rivals, free).text(verdict) if context.smt else ""
    places = tuple(Related(rival.location, f"{rival.label} may come before") for rival in rivals)
    return obligation.settled(verdict, core=places if verdict is Verdict.PROVED else None, smt=text)


def _asked(domain: Domain) -> int:
    """The frames that its creation takes if that many are free."""
    return domain.kept_pages if domain.failure else domain.needed_pages


def _bound_script(party: Party, domain: Domain, rivals: list[Party], free: Sequence[int]) -> SmtScript:
    """The claim that enough is left, however the others' frames spread over their colors:

    Xen's choice of colors is not assumed.
    """
    colors = party.colors
    for rival in rivals:
        colors |= rival.colors
    declarations, assumptions = [], []
    for number, rival in enumerate(rivals):
        declarations += [f"(declare-const t{number}_{color} Int)" for color in rival.colors]
        positive = [f"(>= t{number}_{color} 0)" for color in rival.colors]
        needed = _asked(rival.domain) if rival.domain else 0
        taken = f"(<= {total([f't{number}_{color}' for color in rival.colors])} {needed})"
        place = Related(rival.location, f"{rival.label} may come before")
        assumptions.append(Named(f"rival-{number}", conjunction([*positive, taken]), place))
    taken_of = {
        color: total([f"t{number}_{color}" for number, rival in enumerate(rivals) if color in rival.colors])
        for color in colors
    }
    assumptions.append(Named("heap", conjunction([f"(<= {taken_of[color]} {free[color]})" for color in colors])))
    left = total([f"(- {free[color]} {taken_of[color]})" for color in party.colors])
    return SmtScript("QF_LIA", tuple(declarations), tuple(assumptions), f"(<= {domain.needed_pages} {left})")
