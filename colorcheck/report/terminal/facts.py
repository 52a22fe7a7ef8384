"""The facts that a model is based on, and those that a theorem uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.theorem import Theorem
from colorcheck.loader.facts import Fact, OpenFact, Origin, Span
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.verification.open import all_facts, settling
from colorcheck.verification.results import Facts, Verification
from colorcheck.xen.facts.keys import about

if TYPE_CHECKING:
    from rich.console import RenderableType


def render_facts(facts: Facts, style: Style) -> str:
    """Every fact with its origin, once for releases that agree; the open ones with what settles them."""
    return printed(_facts(facts, style), style)


def _facts(facts: Facts, style: Style) -> Iterator[RenderableType]:
    shown: list[tuple[object, ...]] = []
    for result in facts.results:
        reported = all_facts(result)
        key = tuple((fact.what, str(getattr(fact, "value", ""))) for fact in reported)
        if key in shown:
            continue
        shown.append(key)
        yield from title(f"Facts (Xen {result.release})")
        for fact in reported:
            yield from _open(fact) if isinstance(fact, OpenFact) else _known(fact, style)


def _known(fact: Fact, style: Style) -> Iterator[RenderableType]:
    value = "" if fact.value is None else f" {value_text(fact.value)}"
    place = printable(style.place(fact.location))
    yield indented(f"{fact.origin:<11}", text((fact.what, "bold"), printable(value), (f"  {place}", "dim")))


def _open(fact: OpenFact) -> Iterator[RenderableType]:
    yield indented(
        f"{Origin.OPEN:<11}",
        text((fact.what, "bold"), f"  {possible(fact)}", (f"  {printable(fact.why)}", "dim")),
        "bold yellow",
    )
    for line in fact.settle:
        yield indented(" " * 11 + "write ", text((printable(line), "green")))


def render_explanation(verification: Verification, theorem: str, style: Style) -> str:
    """The facts that a theorem uses, the worlds that were tried, and the bound, for each release."""
    return printed(_explained(verification, theorem, style), style)


def _explained(verification: Verification, name: str, style: Style) -> Iterator[RenderableType]:
    for release, theorem in verification.questions()[name]:
        yield from title(f"{theorem.id} (Xen {release}): {theorem.verdict}")
        yield indented("  ", text(printable(theorem.statement)))
        if theorem.reason:
            yield indented("  because ", text(printable(theorem.reason)), "dim")
        yield from _read(verification, theorem, style)
        if theorem.bound:
            yield indented("  bound   ", text(printable(theorem.bound)), "dim")
        for world in theorem.worlds:
            yield indented("  world   ", text(f"{world.verdict} with {printable(world.in_words())}"), "dim")


def _read(verification: Verification, theorem: Theorem, style: Style) -> Iterator[RenderableType]:
    waiting = {fact.what: fact for fact in settling(theorem, verification.facts)}
    known = {fact.what: fact for result in verification.facts.results for fact in all_facts(result)}
    for name in theorem.facts:
        fact = waiting.get(name) or known.get(name)
        shown = about(name)
        if isinstance(fact, OpenFact):
            yield indented("  open    ", text((name, "bold"), f"  {possible(fact)}", (f"  {shown}", "dim")), "yellow")
            yield from (indented("          write ", text((printable(line), "green"))) for line in fact.settle)
        elif fact is not None:
            value = "" if fact.value is None else f" {value_text(fact.value)}"
            place = printable(style.place(fact.location))
            yield indented("  read    ", text((name, "bold"), printable(value), (f"  {fact.origin}, {place}", "dim")))


def possible(fact: OpenFact) -> str:
    """The values that an open fact may have, in words."""
    match fact.values:
        case None:
            return "its possible values cannot be listed"
        case Span(low, high, step):
            every = f", a multiple of {step:#x}" if step > 1 else ""
            return f"{low:#x} to {high - 1:#x}{every}"
        case values:
            return " or ".join(value_text(value) for value in values)


def value_text(value: object) -> str:
    """A value for people: numbers in hexadecimal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:#x}" if isinstance(value, int) else str(value)


def to_dict(fact: Fact | OpenFact) -> dict[str, object]:
    """A fact as in JSON documents: what, value, origin, location, settle."""
    if isinstance(fact, OpenFact):
        return {**fact.to_dict(), "value": None, "origin": str(Origin.OPEN), "possible": possible(fact)}
    value = fact.value if isinstance(fact.value, bool | int | str | None) else str(fact.value)
    return {
        "what": fact.what,
        "value": value,
        "origin": str(fact.origin),
        "location": fact.location.to_dict(),
        "settle": [],
    }
