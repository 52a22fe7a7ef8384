"""A finding that cannot be silenced is silenced.

What it checks: comments, [rules] and the command line for findings about refuted or undecided theorems (CC4xx), about
inputs that could not be read (errors of CC0xx), about silencing itself (CC8xx) and about colorcheck's faults (CC9xx).

Why it matters: with these silenced, a deployment that isolates nothing would pass. Accepted sharing belongs in the
policy, with a reason: then the theorem is not stated at all.

What it cannot see: whether the sharing is acceptable.

Source: colorcheck's own promise: no green run without a proof or a reasoned exception.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, nothing

_BAD = 'name = "rt"\nkernel = "Image"\nmemory = 64\nllc_colors = ["10-12"]{}\n'

RULE = Rule(
    "CC804",
    "cannot-be-silenced",
    Severity.WARNING,
    __doc__,
    nothing,
    bad=Example(guests=(("rt.cfg", _BAD.format("  # colorcheck: ignore[CC401] both best effort")),)),
    good=Example(
        guests=(("rt.cfg", _BAD.format("")),),
        manifest='[[policy.share]]\ndomains = ["dom0", "rt"]\nreason = "both best effort"\n',
    ),
)
