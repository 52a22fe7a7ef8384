"""The open facts, the lines that settle them, and two worlds of each theorem that depends on them, side by side."""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, Tried
from colorcheck.loader.facts import OpenFact
from colorcheck.report.html import page
from colorcheck.verification.results import Verification


def waiting(verification: Verification) -> tuple[OpenFact, ...]:
    """The open facts on which a selected theorem depends."""
    names = {
        name
        for theorem in verification.theorems
        if theorem.verdict is Verdict.UNKNOWN and verification.asked(theorem.id)
        for name in theorem.facts
    }
    return tuple(fact for fact in verification.open_facts() if fact.what in names)


def section(verification: Verification) -> h.Node:
    """The section; empty if nothing is open."""
    facts = waiting(verification)
    if not facts:
        return None
    settled = [(h.p(".open")[fact.why], h.pre["\n".join(fact.settle)] if fact.settle else None) for fact in facts]
    rows = [_row(theorem) for theorem in _undecided(verification)]
    return page.section("open", "Open", settled, _sides(rows) if rows else None)


def _sides(rows: list[h.Element]) -> h.Node:
    heads = h.thead[h.tr[(h.th(scope="col")[text] for text in ("Holds with", "Does not hold with"))]]
    return page.scroll("Two worlds of each undecided theorem")[h.table(".list.worlds")[heads, rows]]


def _undecided(verification: Verification) -> Iterator[Theorem]:
    """Each unknown theorem with worlds of both kinds, once."""
    for answers in verification.questions().values():
        unknown = (theorem for _, theorem in answers if theorem.verdict is Verdict.UNKNOWN and len(theorem.worlds) > 1)
        yield from list(unknown)[:1]


def _row(theorem: Theorem) -> h.Element:
    """A theorem in a row of its own, so that both sides have room on a phone."""
    holds = [world for world in theorem.worlds if world.verdict is Verdict.PROVED]
    fails = [world for world in theorem.worlds if world.verdict is not Verdict.PROVED]
    sides = [h.td[page.between(h.br, (_world(each, theorem) for each in some))] for some in (holds, fails)]
    return h.tbody[h.tr[h.th(colspan="2", scope="rowgroup")[theorem.brief]], h.tr[sides]]


def _world(world: Tried, theorem: Theorem) -> str:
    reason = f": {world.reason}" if world.reason else ""
    return f"{world.in_words(theorem.worlds)}{reason}"
