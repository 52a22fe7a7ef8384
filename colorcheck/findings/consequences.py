"""One finding per cause: findings that are consequences of reported ones are not reported."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.subjects import GEOMETRY, RESERVE, SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import ColorSource

UNREAD = ("CC101", "CC105", "CC111", "CC113", "CC117", "CC118", "CC202", "CC203", "CC204", "CC207", "CC217")
"""Rules that report why a domain does not have the colors that are written for it."""
WITHOUT_COLORS = ("CC302", "CC213")
SHARED = ("CC401",)
MISREAD = ("CC109", "CC110")
MISCOUNTED = ("CC127", "CC402", "CC602")
TOO_LARGE = ("CC505",)
NOT_SWITCHED = ("CC105", "CC106", "CC107", "CC124", "CC125")


def without_consequences(findings: Iterable[Finding], facts: Facts) -> tuple[Finding, ...]:
    """The findings without consequences of others among them.

    If Xen or xl never reads a list, the domain has no colors of its own; either means that it shares colors with
    others; and if Xen misreads a size, its colors do not match the cache. A finding takes over the severity and the
    witness of worse consequences. Applied after silencing: a consequence whose cause is silenced is reported.
    """
    given_none = _given_none(facts)
    shown = tuple(findings)
    shown = _folded(shown, UNREAD, WITHOUT_COLORS)
    shown = _folded(shown, (*UNREAD, *WITHOUT_COLORS), SHARED, given_none)
    shown = _folded(shown, (*MISREAD, "CC402"), SHARED, (GEOMETRY,))
    shown = _folded(shown, MISREAD, MISCOUNTED, (GEOMETRY,))
    shown = _folded(shown, TOO_LARGE, (*MISREAD, "CC509"), (RESERVE,))
    shown = _folded(shown, MISREAD, ("CC508",), ("dom0",))
    shown = _folded(shown, ("CC125",), ("CC107",), (SWITCH,))
    return _folded(shown, NOT_SWITCHED, ("CC128",), (SWITCH,))


def _folded(
    shown: tuple[Finding, ...], causes: Collection[str], effects: Collection[str], among: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """The findings without effects of causes with the same subject; only the subjects in `among` are considered if
    given.
    """
    explained = {f.about[0] for f in shown if f.rule in causes and len(f.about) == 1}
    explained = explained if among is None else explained.intersection(among)
    dropped = [f for f in shown if f.rule in effects and not explained.isdisjoint(f.about)]
    return tuple(_speaking_for(f, dropped, causes) for f in shown if f not in dropped)


def _speaking_for(finding: Finding, dropped: Iterable[Finding], causes: Collection[str]) -> Finding:
    if finding.rule not in causes or len(finding.about) != 1:
        return finding
    own = [each for each in dropped if finding.about[0] in each.about and each.severity is Severity.ERROR]
    return replace(finding, severity=Severity.ERROR, witness=finding.witness or own[0].witness) if own else finding


def _given_none(facts: Facts) -> set[str]:
    """Domains that have colors written for them under no release."""
    domains = [domain for _, system in facts.systems() if system.coloring for domain in system.domains]
    own = {d.name for d in domains if d.source not in {ColorSource.DEFAULT, ColorSource.INHERITED}}
    return {domain.name for domain in domains} - own
