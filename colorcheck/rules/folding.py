"""One cause, one finding: what follows from a finding that is told anyway is not told beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from colorcheck.diagnostic import Finding
from colorcheck.results import Facts
from colorcheck.xen.system import ColorSource

WITHOUT_COLORS = "CC302"
SHARED = "CC401"
CAUSES = frozenset(("CC101", "CC105", "CC111", "CC113", "CC117", "CC118", "CC202", "CC203", "CC204", "CC207"))
"""Rules that say why a domain has not the colors that somebody wrote for it."""


def without_consequences(findings: Iterable[Finding], facts: Facts) -> tuple[Finding, ...]:
    """The findings without those that follow from others among them.

    That a domain has no colors of its own follows from a list that Xen or xl never reads; that it shares colors with
    others follows from either. Comes after silencing: a consequence whose cause is silenced is told.
    """
    told = tuple(findings)
    explained = {finding.about[0] for finding in told if finding.rule in CAUSES and len(finding.about) == 1}
    told = tuple(f for f in told if f.rule != WITHOUT_COLORS or explained.isdisjoint(f.about))
    shared = {name: f for f in told if f.rule == SHARED for name in f.about}
    told = tuple(_proved(f, shared.get(f.about[0])) if f.rule == WITHOUT_COLORS else f for f in told)
    explained |= {name for finding in told if finding.rule == WITHOUT_COLORS for name in finding.about}
    explained &= _given_none(facts)
    return tuple(f for f in told if f.rule != SHARED or explained.isdisjoint(f.about))


def _proved(finding: Finding, shown: Finding | None) -> Finding:
    """A finding of a warning's weight that speaks for one of an error's."""
    return replace(finding, severity=shown.severity, witness=shown.witness) if shown else finding


def _given_none(facts: Facts) -> set[str]:
    """Domains that under no Xen have colors that were written for them."""
    domains = [domain for _, system in facts.systems() if system.coloring for domain in system.domains]
    own = {d.name for d in domains if d.source not in {ColorSource.DEFAULT, ColorSource.INHERITED}}
    return {domain.name for domain in domains} - own
