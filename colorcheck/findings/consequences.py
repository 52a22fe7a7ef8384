"""One cause, one finding: what follows from a reported finding is not reported as well."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.subjects import GEOMETRY, RESERVE, SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import ColorSource

UNREAD = ("CC101", "CC105", "CC111", "CC113", "CC117", "CC118", "CC202", "CC203", "CC204", "CC207", "CC217")
"""Rules that say why a domain has not the colors that somebody wrote for it."""
WITHOUT_COLORS = ("CC302", "CC213")
SHARED = ("CC401",)
MISREAD = ("CC109", "CC110")
MISCOUNTED = ("CC127", "CC402", "CC602")
TOO_LARGE = ("CC505",)
NOT_SWITCHED = ("CC105", "CC106", "CC107", "CC124", "CC125")


def without_consequences(findings: Iterable[Finding], facts: Facts) -> tuple[Finding, ...]:
    """The findings without those that follow from others among them.

    That a domain has no colors of its own follows from a list that Xen or xl never reads; that it shares colors with
    others follows from either; that colors are none of the cache, from a size that Xen misreads. A finding that
    stands for worse ones takes over their severity and their witness. Comes after silencing: a consequence whose
    cause is silenced is reported.
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
    """What is reported without the effects of causes that are about the same; `among` are the only ones looked at."""
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
    """Domains that under no Xen have colors that were written for them."""
    domains = [domain for _, system in facts.systems() if system.coloring for domain in system.domains]
    own = {d.name for d in domains if d.source not in {ColorSource.DEFAULT, ColorSource.INHERITED}}
    return {domain.name for domain in domains} - own
