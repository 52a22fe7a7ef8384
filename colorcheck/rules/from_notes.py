"""Rules that take up what a reader or the Xen model has noticed, add what to write instead, and pass it on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from colorcheck.core.diagnostic import Edit, Finding, Related, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, Seen, on, seen
from colorcheck.rules.subjects import GEOMETRY
from colorcheck.verification.results import Facts

T = TypeVar("T")
GEOMETRY_KINDS = ("colors-cut", "way-size-differs")


def told(  # noqa: PLR0917
    id: str,  # noqa: A002
    name: str,
    severity: Severity,
    documentation: str,
    kinds: tuple[str, ...],
    help: str = "",  # noqa: A002
    *,
    bad: Example | None = None,
    good: Example | None = None,
    untestable: str = "",
) -> Rule:
    """A rule whose findings are the problems and notes of some kinds; `help` is for those that bring none."""

    def check(facts: Facts) -> Iterator[Finding]:
        return (from_seen(rule, facts, what, help) for what in seen(facts, *kinds))

    rule = Rule(id, name, severity, documentation, check, bad, good, kinds, untestable)
    return rule


def from_seen(rule: Rule, facts: Facts, what: Seen, help: str = "") -> Finding:  # noqa: A002
    """A finding that says what a note or problem says; its `help`, `related`, `fix` and `witness` come along, or the
    figures of the note as its witness."""
    return rule.finding(
        what.message + on(facts, what.releases),
        what.location,
        what.help or what.text("help") or help,
        related=_all(what.get("related"), Related),
        fix=_all(what.get("fix"), Edit),
        witness=what.get("witness") or _figures(what),
        about=(GEOMETRY,) if what.kind in GEOMETRY_KINDS else (what.domain,) if what.domain else (),
    )


def _all(value: object, kind: type[T]) -> tuple[T, ...]:
    if isinstance(value, kind):
        return (value,)
    return tuple(item for item in value if isinstance(item, kind)) if isinstance(value, Iterable) else ()


def _figures(what: Seen) -> dict[str, object] | None:
    """The facts of a note that are numbers, texts and lists of them."""
    found = {name: _plain(value) for name, value in what.data if name not in ("help", "related", "fix")}
    return {name: value for name, value in found.items() if value is not None} or None


def _plain(value: object) -> object:
    """A value as JSON has it; None where it has none."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, (int, str)) else None
