"""Verdicts over the ways through a boot script, each of which hands a different tree to Xen.

A theorem is about the ways on which its subjects exist. Whether they exist is the subject of `boots`, which fails if
Xen is never started. Alternatives of guests are ways, too; a theorem that fails with one of them is refuted, since each
is run at some time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Tried, Trust
from colorcheck.xen.facts.keys import BRANCH
from colorcheck.xen.worlds.branches import AS_SHOWN
from colorcheck.xen.worlds.world import Worlds

_MOST_SHOWN = 2


class _Way(Struct, frozen=True):
    """One way: the answers that lead to it, its theorems by ID, and why Xen is not started on it."""

    answers: str
    theorems: dict[str, Theorem]
    stopped: str = ""

    def tried(self, theorem: Theorem) -> Tried:
        values = theorem.worlds[0].values if theorem.worlds else ()
        return Tried(((BRANCH.name, self.answers), *values), theorem.verdict, theorem.reason)


def over_ways(
    worlds: Worlds, found: tuple[Theorem, ...], prove: Callable[[Worlds], tuple[Theorem, ...]]
) -> tuple[Theorem, ...]:
    """The theorems `found` on the way that is shown, judged over all ways; `prove` gives those of another way."""
    ways = [_Way(AS_SHOWN, _by_id(found))]
    for branch in worlds.branches:
        other = worlds.branch(branch)
        if other is None:
            ways.append(_Way(branch.answers, {}, branch.stopped))
            continue
        theorems = prove(other)
        if not theorems:
            reason = f"{branch.words}, it is not known what Xen does"
            return tuple(_unknown(theorem, reason, worlds, ()) for theorem in found)
        ways.append(_Way(branch.answers, _by_id(theorems)))
    ids = dict.fromkeys(name for way in ways for name in way.theorems)
    return tuple(_over(name, ways, worlds) for name in ids)


def _by_id(theorems: Iterable[Theorem]) -> dict[str, Theorem]:
    return {theorem.id: theorem for theorem in theorems}


def _over(name: str, ways: list[_Way], worlds: Worlds) -> Theorem:
    held = [(way, way.theorems[name]) for way in ways if name in way.theorems]
    tried = [way.tried(theorem) for way, theorem in held]
    theorem = held[0][1]
    if theorem.kind is TheoremKind.BOOTS:
        stopped = (way for way in ways if way.stopped)
        tried += (
            Tried(((BRANCH.name, way.answers),), Verdict.REFUTED, f"Xen is never started: {way.stopped}")
            for way in stopped
        )
    verdicts = {each.verdict for each in tried} - {Verdict.VACUOUS}
    if Verdict.REFUTED in verdicts and all(branch.guests for branch in worlds.branches):
        verdicts = {Verdict.REFUTED}  # each alternative of a guest is run at some time
    if len(verdicts) > 1 or verdicts == {Verdict.UNKNOWN}:
        shown = _one_of_each(tried)
        reason = "; ".join(f"{each.verdict} with {each.in_words(shown)}" for each in shown)
        return _unknown(theorem, f"it depends: {reason}", worlds, shown)
    chosen = next((each for _, each in held if each.verdict in verdicts), theorem)
    taken = tuple(dict.fromkeys(assumption for _, each in held for assumption in each.assumptions))
    facts = tuple(sorted({BRANCH.name, *(fact for _, each in held for fact in each.facts)}))
    if theorem.kind in _OF_ONE_BOOT:
        taken += tuple(_reboots(files) for files in worlds.one_of)
    found = replace(chosen, facts=facts, worlds=_one_of_each(tried), assumptions=taken)
    return _with_evidence(found, [each for _, each in held], alternatives=bool(worlds.one_of))


_OF_ONE_BOOT = frozenset((TheoremKind.MEMORY, TheoremKind.MEMORY_ANY_ORDER))


def _reboots(files: str) -> Assumption:
    return Assumption(
        f"the host reboots between the alternatives of a guest ({files}): the memory of a destroyed guest does not "
        "come back to its colors",
        "nothing in the inputs",
        Trust.TRUSTED,
    )


def _with_evidence(theorem: Theorem, held: list[Theorem], *, alternatives: bool) -> Theorem:
    """The theorem; with its text and certificate only if they are the same on every way on which it is stated,
    since those of one way prove nothing about another.
    """
    same = len({each.smt for each in held}) == 1 and all(each.certificate == held[0].certificate for each in held)
    if not same or theorem.kind is TheoremKind.BOOTS:
        return replace(theorem, smt="", certificate=None)
    if alternatives and theorem.kind is TheoremKind.LIFECYCLE_MEMORY:
        return replace(theorem, certificate=None)  # it counts guests that the listed boot does not have
    return theorem


def _unknown(theorem: Theorem, reason: str, worlds: Worlds, shown: tuple[Tried, ...]) -> Theorem:
    settle = tuple(dict.fromkeys((*theorem.settle, *worlds.open[BRANCH.name].settle)))
    return replace(
        theorem,
        verdict=Verdict.UNKNOWN,
        reason=reason,
        facts=tuple(sorted({BRANCH.name, *theorem.facts})),
        worlds=shown,
        settle=settle,
        witness=None,
        certificate=None,
        smt="",
    )


def _one_of_each(tried: list[Tried]) -> tuple[Tried, ...]:
    found: dict[Verdict, Tried] = {}
    for each in tried:
        if each.verdict is not Verdict.VACUOUS:
            found.setdefault(each.verdict, each)
    order = (Verdict.PROVED, Verdict.REFUTED, Verdict.UNKNOWN)
    return tuple(found[verdict] for verdict in order if verdict in found)[:_MOST_SHOWN]
