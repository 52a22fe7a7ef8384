"""A requirement names a theorem or a rule that does not exist.

What it checks: each pattern of each requirement in the manifest's [requirements] against the theorems that are stated
for this deployment and against the rules.

Why it matters: an ID that matches nothing is not evidence. A misspelled domain would otherwise leave a requirement
without any evidence, unnoticed.

What it cannot see: a correctly spelled pattern that does not match the requirement's meaning.

Source: colorcheck's manifest; `colorcheck verify --format json` lists the theorems, `colorcheck rules` the rules.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule, nothing

RULE = Rule(
    "CC810",
    "no-evidence",
    Severity.ERROR,
    __doc__,
    nothing,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest='[requirements]\n"XenSwad~rt~1" = ["memory/rtt"]\n'),
    good=Example(guests=(("rt.cfg", GUEST),), manifest='[requirements]\n"XenSwad~rt~1" = ["memory/rt"]\n'),
)
