"""A domain without colors gets all of them.

What it checks: every domain, dom0 included, for a list of colors of its own. The default is all colors.

Why it matters: a domain with all colors shares the cache with every other one, Xen included. One forgotten key undoes
the isolation of all domains.

What it cannot see: whether the domain was meant to be best effort; if so, say so in the policy.

Source: `domain_set_llc_colors` and `dom0_set_llc_colors` (xen/common/llc-coloring.c, 4.20.4 to 4.22.0); libxl of 4.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import domains
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import ColorSource, DomainKind
from colorcheck.xen.notes.colors import DefaultColors
from colorcheck.xen.system import System


@says(DefaultColors)
def _default_colors(note: DefaultColors) -> str:
    if note.key:
        return f"{note.domain} has no {note.key}: it gets all colors"
    return f"{note.domain} has no colors of its own: it gets all"


_KEY = {
    DomainKind.DOM0: "write dom0-llc-colors=FIRST-LAST among the boot arguments",
    DomainKind.DOM0LESS: 'write llc-colors = "FIRST-LAST" in its node',
    DomainKind.XL: 'write llc_colors = ["FIRST-LAST"] in its file',
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain with the default colors that is not alone."""
    for result, domain, releases in domains(facts):
        system = result.system
        if system is None or not system.coloring or domain.source is not ColorSource.DEFAULT or domain.failure:
            continue
        others = _not_allowed(facts, system, domain.name)
        if others:
            number = system.nr_colors or "that there are"
            yield RULE.finding(
                f"{domain.name} has no colors of its own and gets all {number}: it shares them with "
                f"{', '.join(others)}{on(facts, releases)}",
                domain.location,
                f"{_KEY[domain.kind]}, or allow the sharing in [[policy.share]]",
                about=(domain.name,),
            )


def _not_allowed(facts: Facts, system: System, name: str) -> list[str]:
    """The domains with which this one would share colors against the policy."""
    others = ["xen", *(domain.name for domain in system.domains if domain.name != name)]
    return [other for other in others if facts.manifest.policy.share_of(name, other) is None]


RULE = Rule(
    "CC302",
    "domain-without-colors",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    kinds=(DefaultColors,),
)
