"""The target Xen is not known.

What it checks: `xen` in [target] against the releases of Xen that colorcheck knows: point releases (4.20.4), branches
(4.20, which means its newest modelled point release), the development branch and forks.

Why it matters: every release of Xen reads colors in its own way; nothing can be said about an unknown one.

What it cannot see: patches on top of a known release.

Source: upstream 4.20.0 to 4.22.0, its development branch, and the Xilinx branches 2019.2 to 4.17.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.suggest import did_you_mean
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.releases import NAMES, find_release


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each target that is not known."""
    for name in facts.manifest.target.xen:
        if find_release(name) is None:
            said = log_version(name)
            nearest = f'write "{said.base}":' if find_release(said.base) else did_you_mean(name, NAMES)
            known = f"known releases: {', '.join(NAMES)}"
            place = facts.manifest.location("target.xen")
            caution = f": {said.caution}" if find_release(said.base) else ""
            yield RULE.finding(f'unknown Xen "{name}"{caution}', place, f"{nearest} {known}".strip())


RULE = Rule(
    "CC201",
    "unknown-xen",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(xen="4.2"),
    good=Example(xen="4.21"),
)
