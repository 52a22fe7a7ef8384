"""A requirement is not met, although no theorem says so.

What it checks: requirements in the manifest's [requirements] whose rules found something (silenced or not, of any
severity), whose pairs may share colors under the policy, or whose theorems are stated for only some of the releases.

Why it matters: exceptions have their reasons, but a requirement with an exception is not met, and a trace that says so
must not end with success.

What it cannot see: refuted and undecided theorems; other rules report these.

Source: colorcheck's manifest.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule, nothing

_SHARE = '[[policy.share]]\ndomains = ["rt", "gui"]\nreason = "both best effort"\n'
_GUESTS = (("rt.cfg", GUEST), ("gui.cfg", GUEST.replace('"rt"', '"gui"')))

RULE = Rule(
    "CC811",
    "requirement-not-met",
    Severity.ERROR,
    __doc__,
    nothing,
    bad=Example(guests=_GUESTS, manifest=f'{_SHARE}[requirements]\n"XenSwad~rt~1" = ["separation/rt/*"]\n'),
    good=Example(guests=_GUESTS, manifest=f'{_SHARE}[requirements]\n"XenSwad~rt~1" = ["separation/rt/xen"]\n'),
)
