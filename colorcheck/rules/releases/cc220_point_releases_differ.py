"""Another point release of the branch leads to a different verdict.

What it checks: if the manifest names a branch ("4.20"), whether its other modelled point releases end the boot
differently, or give Xen or a domain different colors or memory.

Why it matters: the branch means its newest modelled point release. On an older one, what is proved here need not
hold: `dom0-llc-colors=1-3,128` is rejected with a line by 4.20.4, stored by 4.20.0, and stops its boot.

What it cannot see: which point release is installed, and point releases that are not modelled: they are assumed to
behave like the one before them.

Source: the backports to 4.20.4 and 4.21.2 (releases distinguished in `xen/release/upstream.py`), measured on 4.20.0,
4.20.4, 4.21.0 and 4.21.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.worlds.siblings import differing_siblings


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each point release of a named branch that differs from its newest one."""
    for result in facts.results:
        if result.system is None:
            continue
        for other in differing_siblings(facts.deployment, facts.board, result.system, result.boot):
            yield RULE.finding(
                f"{result.release} stands for {result.system.release.stands_for}; {other.release.name} {other.what}",
                facts.manifest.location("target.xen"),
                f'write the point release that you run: xen = "{other.release.name}" or '
                f'"{result.system.release.stands_for}"',
            )


_OPTIONS = "llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors="

RULE = Rule(
    "CC220",
    "point-releases-differ",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(xen="4.20", boot_arguments=f"{_OPTIONS}4-10,200"),
    good=Example(xen="4.20", boot_arguments=f"{_OPTIONS}4-10"),
)
