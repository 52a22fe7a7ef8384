"""Covering by counts: whether cells of several sizes can be distributed so that each party has enough. Decided by
Z3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.diagnostic import Verdict
from colorcheck.proof.script import Named, SmtScript, conjunction, total
from colorcheck.proof.solver import decide


class Cover(Struct, frozen=True):
    """`held` has the frames of each cell, `needs` those that each party needs, `counts` the least and most cells of
    each party.
    """

    held: tuple[int, ...]
    needs: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]


def coverable(cover: Cover, timeout: float) -> bool | None:
    """Whether the cells can be distributed; None if the solver gives no answer in `timeout` seconds.

    Cells of the same size form a class, and the question is only how many of each class a party gets.
    """
    answer = decide(covering_script(cover), max(0.01, timeout), core=False)
    return {Verdict.PROVED: True, Verdict.VACUOUS: False}.get(answer.verdict)


def covering_script(cover: Cover) -> SmtScript:
    """Assumptions that are satisfiable if and only if the cells can be distributed; each party's has its number."""
    classes = _classes(cover.held)
    parties = range(len(cover.needs))
    names = [[_name(party, number) for number in range(len(classes))] for party in parties]
    assumptions = []
    for party, need, (low, high) in zip(parties, cover.needs, cover.counts, strict=True):
        own = total(names[party])
        weighted = total([f"(* {size} {x})" for x, (size, _) in zip(names[party], classes, strict=True)])
        bounds = [f"(>= {weighted} {need})", f"(>= {own} {low})", f"(<= {own} {high})"]
        positive = [f"(>= {x} 0)" for x in names[party]]
        assumptions.append(Named(f"party-{party}", conjunction([*bounds, *positive])))
    for number, (_, count) in enumerate(classes):
        taken = total([names[party][number] for party in parties])
        assumptions.append(Named(f"class-{number}", f"(<= {taken} {count})"))
    flat = tuple(name for row in names for name in row)
    return SmtScript("QF_LIA", tuple(f"(declare-const {name} Int)" for name in flat), tuple(assumptions), "true", flat)


def _classes(held: Sequence[int]) -> list[tuple[int, int]]:
    return sorted(Counter(held).items())


def _name(party: int, number: int) -> str:
    return f"x{party}_{number}"
