"""The policy names a domain that does not exist.

What it checks: the names in [[policy.share]] and [domains.NAME] of the manifest against Xen, dom0, the dom0less domains
and the guests, on every path of a boot script and with every alternative of a guest.

Why it matters: a requirement for a misspelled domain has no effect. A critical domain would silently be treated like
any other.

What it cannot see: a correctly spelled name of the wrong domain.

Source: colorcheck's manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each name that no domain has; none if no system could be modelled."""
    here = {domain.name for _, system in facts.systems() for domain in system.domains}
    known = {"xen", "dom0"} | here | facts.everywhere
    if not any(True for _ in facts.systems()):
        return
    for name, location in _named(facts):
        if name not in known:
            otherwise = f"domains here: {', '.join(sorted(known))}"
            yield RULE.finding(
                f'the policy names "{name}", but no such domain exists',
                location,
                did_you_mean(name, known, otherwise),
            )


def _named(facts: Facts) -> Iterator[tuple[str, Location]]:
    for share in facts.manifest.policy.shares:
        yield from ((name, share.location) for name in share.domains)
    yield from ((policy.name, policy.location) for policy in facts.manifest.domain_policies)


RULE = Rule(
    "CC304",
    "policy-unknown-domain",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rtt]\ncritical = true\n"),
    good=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\ncritical = true\n"),
)
