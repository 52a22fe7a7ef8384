"""A domain has fewer or more colors than the policy asks for.

What it checks: `min-colors` and `max-colors` of [domains.NAME] against the distinct colors that the domain really gets.

Why it matters: colors are cache. A domain whose timing was measured with two colors may miss its deadlines with one.

What it cannot see: whether the number asked for is enough.

Source: colorcheck's manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.facts.release_results import domains
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain whose number of colors the policy does not allow."""
    wanted = {policy.name: policy for policy in facts.manifest.domain_policies}
    for result, domain, releases in domains(facts):
        policy = wanted.get(domain.name)
        if policy is None or result.system is None or not result.system.coloring:
            continue
        count = len(set(domain.colors))
        few = policy.min_colors is not None and count < policy.min_colors
        many = policy.max_colors is not None and count > policy.max_colors
        if few or many:
            bound = f"at least {policy.min_colors}" if few else f"at most {policy.max_colors}"
            noun = "color" if count == 1 else "colors"
            yield RULE.finding(
                f"{domain.name} has {count} {noun}, the policy asks for {bound}{on(facts, releases)}",
                domain.location,
                f"give it {'more' if few else 'fewer'} colors, or change the policy",
                related=(Related(policy.location, "the policy asks for it here"),),
            )


RULE = Rule(
    "CC305",
    "policy-color-count",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\nmin-colors = 6\n"),
    good=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\nmin-colors = 4\n"),
)
