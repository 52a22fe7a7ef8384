"""The targets do not agree on a domain's colors.

What it checks: if the manifest names several releases of Xen, whether each gives Xen and every domain the same colors.

Why it matters: a list that one version rejects and another accepts, or a default that changed, isolates on one of them
and not on the other. Moving such a deployment to another Xen changes it.

What it cannot see: releases of Xen that the manifest does not name.

Source: Xen 4.20.4, 4.21.2 and 4.22.0, measured on the same lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for Xen and each domain to which two targets give different colors."""
    users: dict[str, dict[str, tuple[ColorSet, Location]]] = {}
    for release, system in facts.systems():
        if not system.coloring:
            continue
        users.setdefault("xen", {})[release] = (ColorSet.of(system.xen_colors), system.xen_location)
        for domain in system.domains:
            users.setdefault(domain.name, {})[release] = (ColorSet.of(domain.colors), domain.location)
    for name, by_release in users.items():
        if len({colors for colors, _ in by_release.values()}) > 1:
            text = ", ".join(f"{colors or 'none'} on {release}" for release, (colors, _) in by_release.items())
            yield RULE.finding(
                f"the targets give {name} different colors: {text}",
                place(facts, *(where for _, where in by_release.values())),
                "write the colors in a way that all targets read alike: decimal numbers, ranges, single commas",
            )


RULE = Rule(
    "CC206",
    "versions-disagree",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        xen=("4.20", "4.22"), boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=4-10;"
    ),
    good=Example(
        xen=("4.20", "4.22"), boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=4-10"
    ),
)
