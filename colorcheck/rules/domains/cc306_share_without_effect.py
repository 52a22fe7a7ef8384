"""The policy allows a sharing that does not happen.

What it checks: each [[policy.share]] for a pair in it that shares colors.

Why it matters: an allowance that is not needed will hide the next mistake: a later change may share those colors
unnoticed.

What it cannot see: whether the allowance is kept on purpose for a coming change.

Source: colorcheck's manifest.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.facts.release_results import colored
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.system import System


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each allowance that is not used under any Xen."""
    systems = [system for _, system in colored(facts)]
    for share in facts.manifest.policy.shares:
        names = {"xen"} | {domain.name for system in systems for domain in system.domains}
        if systems and names.issuperset(share.domains) and not any(_shares(s, share.domains) for s in systems):
            yield RULE.finding(
                f"{' and '.join(share.domains)} share no color, so this allowance has no effect",
                share.location,
                "delete this [[policy.share]]; colorcheck will then report when they start to share",
            )


def _shares(system: System, names: tuple[str, ...]) -> bool:
    colors = {"xen": ColorSet.of(system.xen_colors)} | {d.name: ColorSet.of(d.colors) for d in system.domains}
    return any(not colors[a].isdisjoint(colors[b]) for a, b in combinations(names, 2) if a in colors and b in colors)


RULE = Rule(
    "CC306",
    "share-without-effect",
    Severity.INFO,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest='[[policy.share]]\ndomains = ["dom0", "rt"]\nreason = "lab"\n'),
    good=Example(
        guests=(("rt.cfg", GUEST.replace("11-14", "10-14")),),
        manifest='[[policy.share]]\ndomains = ["dom0", "rt"]\nreason = "both best effort"\n',
    ),
)
