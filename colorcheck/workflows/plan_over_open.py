"""What a plan is worth where something is open: it must hold wherever things lie, and is none behind unread inputs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.loader.facts import OpenFact, Span
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Facts
from colorcheck.workflows.plan import Planned, with_colors
from colorcheck.xen.memory.boot import boot as boot_again
from colorcheck.xen.notes.domains import PassthroughMemory


def over_open(planned: Planned, facts: Facts) -> Planned:
    """The plan with the status that holds whatever the open facts are.

    Behind something unread or opaque nobody knows whether the colors suffice: the plan is unknown and has no edits.
    Where only places and sizes are open, a plan that fits at the bound over all of them is feasible; which one is best
    may depend on them.
    """
    plan = planned.plan
    if not plan.domains or plan.status == "unknown":
        return planned
    given = next((note.message for note in _given(facts)), "")
    if given:
        return _unknown(planned, f"no colors help: {given}")
    opened = open_facts(facts, Reach.MEMORY)
    opaque = [fact for fact in opened if fact.opaque]
    if opaque:
        return _unknown(planned, f"a plan cannot be judged: {_told(opaque)}")
    if not opened:
        return planned
    if all(isinstance(fact.values, Span) for fact in opened) and _fits_everywhere(planned, facts):
        reason = f"fits whatever the open facts are; the best may depend on them: {_told(opened)}"
        return replace(planned, plan=replace(plan, status="feasible", reason=reason))
    reason = f"made for one of the worlds that may be, and not shown to hold in all: {_told(opened)}"
    return replace(planned, plan=replace(plan, status="unknown", reason=reason))


def _given(facts: Facts) -> Iterator[PassthroughMemory]:
    """Memory that is mapped by address into domains: frames of every color."""
    for _, system in facts.systems():
        yield from (note for note in system.notes if isinstance(note, PassthroughMemory))


def _unknown(planned: Planned, reason: str) -> Planned:
    return replace(planned, plan=replace(planned.plan, status="unknown", reason=reason, edits=()), overlay="")


def _told(opened: list[OpenFact] | tuple[OpenFact, ...]) -> str:
    return "; ".join(dict.fromkeys(fact.why for fact in opened))


def _fits_everywhere(planned: Planned, facts: Facts) -> bool:
    """Whether nobody is left out who is built in a usual world, where least is free and most is needed."""
    for result in facts.results:
        if result.worlds is None or result.system is None or planned.problem is None:
            return False
        system = with_colors(result.system, planned.plan, planned.problem)
        boot = boot_again(system)
        worst = result.worlds.worst_of(boot) if boot is not None else None
        if boot is None or worst is None:
            return False
        built = [each.domain.name for each in boot.built if each.created]
        if worst[0].panic is not None or built != [each.domain.name for each in worst[0].built if each.created]:
            return False
    return True
