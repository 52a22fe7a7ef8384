"""What is open, the lines that settle it, and the two worlds of each theorem that hangs on it, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, Tried
from colorcheck.loader.facts import OpenFact
from colorcheck.report.html.html_map import table, text
from colorcheck.verification.results import Verification


def waiting(verification: Verification) -> tuple[OpenFact, ...]:
    """The open facts that a theorem which was asked hangs on."""
    names = {
        name
        for theorem in verification.theorems
        if theorem.verdict is Verdict.UNKNOWN and verification.asked(theorem.id)
        for name in theorem.facts
    }
    return tuple(fact for fact in verification.open_facts() if fact.what in names)


def section(verification: Verification) -> Iterator[str]:
    """The section; nothing where nothing is open."""
    facts = waiting(verification)
    if not facts:
        return
    yield '<section aria-labelledby="open"><h2 id="open">Open</h2>'
    for fact in facts:
        settle = f"<pre>{_lines(fact.settle)}</pre>" if fact.settle else ""
        yield f'<p class="open">{text(fact.why)}</p>{settle}'
    rows = "".join(_row(theorem) for theorem in _undecided(verification))
    if rows:
        yield table("Two worlds of each undecided theorem", ("Theorem", "Holds with", "Does not hold with"), rows)
    yield "</section>"


def _lines(settle: tuple[str, ...]) -> str:
    return "\n".join(text(line) for line in settle)


def _undecided(verification: Verification) -> Iterator[Theorem]:
    """Each theorem that stayed unknown with worlds of both kinds, once."""
    for answers in verification.questions().values():
        unknown = (theorem for _, theorem in answers if theorem.verdict is Verdict.UNKNOWN and len(theorem.worlds) > 1)
        yield from list(unknown)[:1]


def _row(theorem: Theorem) -> str:
    holds = [world for world in theorem.worlds if world.verdict is Verdict.PROVED]
    fails = [world for world in theorem.worlds if world.verdict is not Verdict.PROVED]
    cells = "".join(f"<td>{'<br>'.join(_world(each, theorem) for each in some)}</td>" for some in (holds, fails))
    return f'<tr><th scope="row">{text(theorem.brief)}</th>{cells}</tr>'


def _world(world: Tried, theorem: Theorem) -> str:
    reason = f": {world.reason}" if world.reason else ""
    return text(f"{world.told(theorem.worlds)}{reason}")
