"""The deployment does not say which Xen reads it.

What it checks: whether the manifest or the command line names the Xen.

Why it matters: every version reads lists, defaults and memory in its own way. What is proved for 4.20, which is assumed
if nothing is named, need not hold on another.

What it cannot see: which Xen is really installed; `colorcheck attest` compares the version with a boot log.

Source: differences between Xen 4.20.4, 4.21.2 and 4.22.0, measured on boots of each.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """One finding if no Xen was named."""
    if facts.results and "target.xen" not in dict(facts.manifest.keys):
        assumed = ", ".join(facts.manifest.target.xen)
        yield RULE.finding(
            f"no release of Xen is specified: {assumed} is assumed, and nothing is shown for any other",
            facts.manifest.location("target.xen"),
            f'write xen = "{assumed}", or the version that you run, in [target], or give --xen',
        )


RULE = Rule("CC210", "xen-assumed", Severity.WARNING, __doc__, check, bad=Example(xen=()), good=Example())
