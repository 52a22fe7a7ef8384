"""Two domains have the same name.

What it checks: the names of dom0, dom0less domains and guests, `xen` included.

Why it matters: xl refuses to create a second domain with the same name, and a policy that names it would apply to the
wrong one.

What it cannot see: domains that other toolstacks create.

Source: xl.cfg manual, `name`: "must be unique"; Xen 4.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.rules.example import GUEST as RT
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.system import Domain


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain whose name is taken."""
    for _, system in facts.systems():
        met: dict[str, Domain] = {}
        for domain in system.domains:
            first = met.setdefault(domain.name, domain)
            if first is not domain:
                where = first.location
                yield RULE.finding(
                    f'a second domain called "{domain.name}"',
                    domain.location,
                    "give each domain a unique name",
                    related=(Related(where, f'the first domain called "{domain.name}"'),),
                )


GUEST = RT.replace("256", "64")

RULE = Rule(
    "CC303",
    "same-name",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("a.cfg", GUEST), ("b.cfg", GUEST.replace("11-14", "15")))),
    good=Example(guests=(("a.cfg", GUEST), ("b.cfg", GUEST.replace("11-14", "15").replace('"rt"', '"io"')))),
)
