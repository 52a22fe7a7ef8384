"""Lifecycle after boot: whether a guest can be created again a given number of times before the host reboots.

A freed frame never returns to its color, so every creation, even one that fails, costs the guest's whole size, and the
frames of the colors are a budget.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.witness import FailingCreation
from colorcheck.proof.context import Context, Party, unique
from colorcheck.proof.counting import flow_certificate, taking_certificate
from colorcheck.proof.flow import most_taken
from colorcheck.proof.leveling import level
from colorcheck.proof.memory import HEAP, NEED, blocked, trusted
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.orders import left_after, served
from colorcheck.proof.script import Named, SmtScript, conjunction, total
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.system import Domain

KIND = TheoremKind.LIFECYCLE_MEMORY
LOST = Assumption(
    "a frame that a domain gives back never returns to its color",
    "mark_page_free, Xen 4.20 to 4.22; measured on 4.20.4, 4.21.2 and 4.22.0",
    Trust.DOCUMENTED,
)
OTHERS = Assumption(
    "no other guest is created more often than its restarts in [domains] allow (once if not given), "
    "and no domain balloons",
    "nothing in the inputs",
    Trust.TRUSTED,
)
AS_BUILT = Assumption(
    "a toolstack creates a dom0less domain again with the same memory, vCPUs and colors",
    "nothing in the inputs",
    Trust.TRUSTED,
)


class GuestLifecycle(Struct, frozen=True):
    """A guest, the frames that one creation by a toolstack takes, and the number of creations after Xen's own."""

    party: Party
    pages: int
    creations: int

    @property
    def all(self) -> int:
        return self.pages * self.creations


def lifecycle(context: Context) -> Iterator[Theorem]:
    """A theorem for each domain whose policy gives its number of restarts."""
    wanted = dict(context.policy.restarts)
    for party in context.parties:
        if party.domain is not None and party.name in wanted:
            rests = frozenset().union(*(each.rests_on for each in context.system.domains))
            yield replace(_theorem(context, party, party.domain, wanted), facts=tuple(rests))


def _theorem(context: Context, party: Party, domain: Domain, wanted: dict[str, int]) -> Theorem:
    restarts = wanted[party.name]
    again = domain.as_guest().needed_pages
    obligation = Obligation(
        id=f"lifecycle/{party.name}",
        kind=KIND,
        statement=f"{party.label} can be created {restarts + 1} times before the host reboots, whatever the order in "
        "which the other guests are created and restarted",
        mathematics=f"{restarts + 1} creations, {again} frames each, from c ∈ {{{party.colors}}}",
        subjects=(party.name,),
        assumptions=(HEAP, NEED, LOST, OTHERS, *(AS_BUILT,) * (domain.kind is DomainKind.DOM0LESS), *trusted(domain)),
        places=(
            Related(domain.memory_location, f"one creation of {party.label} takes {again} frames"),
            Related(domain.location, f"{party.label} has {party.colors.named}"),
        ),
    )
    if not context.modelled:
        return obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
    reason = _impossible(context, domain)
    if reason:
        return obligation.settled(Verdict.VACUOUS, reason=reason)
    if domain.failure or (restarts and not context.system.release.traits.toolstack_can_populate):
        text = domain.failure.message if domain.failure else "this Xen does not give memory to a toolstack's guest"
        return obligation.settled(Verdict.REFUTED, reason=f"{party.label} cannot be created again: {text}")
    free = _after_xen(context)
    if free is None:
        return obligation.settled(Verdict.VACUOUS, reason="Xen panics before it has built its own domains")
    mine = GuestLifecycle(party, again, restarts + (domain.kind is DomainKind.XL))
    return _decided(context, obligation, mine, list(_rivals(context, party, wanted)), free)


def _impossible(context: Context, domain: Domain) -> str:
    """Why nothing creates the domain again; empty if something can."""
    if domain.kind is DomainKind.DOM0:
        return "dom0 restarts with the host"
    if not any(each.kind is DomainKind.DOM0 for each in context.system.domains):
        return "no dom0 runs a toolstack that could create it again"
    early = blocked(context)
    if early:
        return early
    if domain.failure is not None and not domain.kept_pages:
        return f"it is never created: {domain.failure.message}"
    return ""


def _after_xen(context: Context) -> tuple[int, ...] | None:
    """The free frames after Xen has built its own domains; None if one finds no room."""
    free: tuple[int, ...] | None = context.boot.free_initial
    for domain in context.system.domains:
        if domain.kind is not DomainKind.XL and free is not None:
            free = None if domain.failure else level(free, domain.colors, domain.needed_pages)
    return free


def _rivals(context: Context, party: Party, wanted: dict[str, int]) -> Iterator[GuestLifecycle]:
    """All other domains that a toolstack creates, as often as allowed, with the most frames that they take on any
    way.
    """
    most: dict[tuple[str, ...], int] = {}
    for guest in context.alternatives:
        most[guest.pieces] = max(guest.lost_pages, most.get(guest.pieces, 0))
    for other in context.parties:
        domain = other.domain
        if domain is None or other is party or domain.kind is DomainKind.DOM0:
            continue
        creations = wanted.get(other.name, 0) + (domain.kind is DomainKind.XL)
        pages = max(domain.lost_pages, most.get(domain.pieces, 0))
        if creations and pages and _exist(context, domain):
            yield GuestLifecycle(other, pages, creations)
    yield from _alternatives(context, wanted)


def _alternatives(context: Context, wanted: dict[str, int]) -> Iterator[GuestLifecycle]:
    """The other alternatives of the guests (one-of): each can be created in the same boot of the host."""
    here = {domain.pieces for domain in context.system.domains if domain.kind is DomainKind.XL}
    names = {party.name for party in context.parties}
    for domain in context.alternatives:
        if domain.pieces not in here and domain.lost_pages and _exist(context, domain):
            made_of = ", ".join(map(os.path.basename, domain.pieces))
            name = unique(f"{domain.name} ({made_of})", names)
            names.add(name)
            party = Party(name, ColorSet.of(domain.colors), domain.location, domain)
            yield GuestLifecycle(party, domain.lost_pages, wanted.get(domain.name, 0) + 1)


def _exist(context: Context, domain: Domain) -> bool:
    """Whether all colors of the domain exist on the host."""
    return all(color < len(context.boot.free_initial) for color in domain.colors)


def _decided(
    context: Context, obligation: Obligation, mine: GuestLifecycle, others: list[GuestLifecycle], free: tuple[int, ...]
) -> Theorem:
    sharing = [other for other in others if not other.party.colors.isdisjoint(mine.party.colors)]
    theorem = _bounded(context, obligation, mine, sharing, free)
    if context.smt and theorem.verdict is Verdict.PROVED:
        rivals = {o.party.name: (o.all, o.party.domain.colors) for o in sharing if o.party.domain}
        flow = flow_certificate(mine.party.name, mine.all, tuple(mine.party.colors), rivals, free)
        return replace(theorem, certificate=flow)
    if theorem.verdict is not Verdict.REFUTED:
        return theorem
    for sequence in (others, others[::-1]):
        taken: dict[str, tuple[int, Sequence[int]]] = {}
        for lives in (*sequence, mine):
            colors = lives.party.domain.colors if lives.party.domain else ()
            names = (f"{lives.party.name}#{number}" for number in range(1, _that_count(lives, free) + 1))
            taken |= dict.fromkeys(names, (lives.pages, colors))
        first = _first_that_fails(mine, taken, free)
        if first is not None:
            return _refuted(obligation, mine, (first, taken, free), theorem)
    reason = "the bound over all orders does not hold, and no order was found that fails"
    return obligation.settled(Verdict.UNKNOWN, reason=reason, seconds=theorem.seconds)


def _that_count(lives: GuestLifecycle, free: Sequence[int]) -> int:
    """The number of its creations that can matter: all for which its colors have room, and the first one without."""
    return min(lives.creations, sum(free[color] for color in lives.party.colors) // lives.pages + 2)


def _bounded(
    context: Context, obligation: Obligation, mine: GuestLifecycle, others: list[GuestLifecycle], free: tuple[int, ...]
) -> Theorem:
    if context.asks_solver(sum(len(other.party.colors) for other in others)):
        return obligation.decided(_script(mine, others, free), context.timeout, smt=context.smt)
    demands = [(other.all, tuple(other.party.colors)) for other in others]
    left = sum(free[color] for color in mine.party.colors) - most_taken(demands, free, mine.party.colors)
    verdict = Verdict.PROVED if mine.all <= left else Verdict.REFUTED
    text = _script(mine, others, free).text(verdict) if context.smt else ""
    return obligation.settled(verdict, smt=text)


def _first_that_fails(
    mine: GuestLifecycle, taken: dict[str, tuple[int, Sequence[int]]], free: tuple[int, ...]
) -> str | None:
    """The first creation of the guest that finds too few frames if all are tried in this order; None if there is
    none.
    """
    for name, (pages, colors) in taken.items():
        if name.rpartition("#")[0] == mine.party.name and sum(free[color] for color in set(colors)) < pages:
            return name
        free = left_after(free, pages, colors)
    return None


def _refuted(
    obligation: Obligation,
    mine: GuestLifecycle,
    found: tuple[str, dict[str, tuple[int, Sequence[int]]], tuple[int, ...]],
    theorem: Theorem,
) -> Theorem:
    """`found` is the creation that fails, all creations in their order, and the free frames before them."""
    first, taken, free = found
    names = list(taken)
    before = {name: taken[name] for name in names[: names.index(first)]}
    tried = {**served(before, free), first: taken[first]}
    number = int(first.rpartition("#")[2])
    witness = FailingCreation(mine.party.name, number, mine.pages, tuple(tried))
    others = sorted({name.rpartition("#")[0] for name in before} - {mine.party.name})
    after = f" after those of {', '.join(others)}" if others else ""
    return obligation.settled(
        Verdict.REFUTED,
        reason=f"creation {number} by the toolstack finds too few frames{after}",
        witness=witness,
        certificate=taking_certificate(tried, free),
        seconds=theorem.seconds,
        smt=theorem.smt,
    )


def _script(mine: GuestLifecycle, others: Sequence[GuestLifecycle], free: Sequence[int]) -> SmtScript:
    """The claim that enough is left for all creations, however the others' frames spread over their colors: neither
    an order nor Xen's choice of colors is assumed.
    """
    colors = mine.party.colors
    for other in others:
        colors |= other.party.colors
    declarations, assumptions = [], []
    for number, other in enumerate(others):
        declarations += [f"(declare-const t{number}_{color} Int)" for color in other.party.colors]
        positive = [f"(>= t{number}_{color} 0)" for color in other.party.colors]
        taken = f"(<= {total([f't{number}_{color}' for color in other.party.colors])} {other.all})"
        message = f"{other.party.label} takes {other.pages} frames, {other.creations} times"
        place = Related(other.party.location, message)
        assumptions.append(Named(f"rival-{number}", conjunction([*positive, taken]), place))
    taken_of = {
        color: total([f"t{number}_{color}" for number, other in enumerate(others) if color in other.party.colors])
        for color in colors
    }
    assumptions.append(Named("heap", conjunction([f"(<= {taken_of[color]} {free[color]})" for color in colors])))
    left = total([f"(- {free[color]} {taken_of[color]})" for color in mine.party.colors])
    return SmtScript("QF_LIA", tuple(declarations), tuple(assumptions), f"(<= {mine.all} {left})")
