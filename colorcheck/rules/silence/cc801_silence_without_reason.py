"""A comment silences a rule and gives no reason.

What it checks: comments such as `# colorcheck: ignore[CC115] the vendor's list`, in every input language.

Why it matters: in a year the reason is forgotten. A comment without a reason silences nothing.

What it cannot see: whether the reason is a good one.

Source: colorcheck's own comments; see the manual's page about silencing.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, nothing

_GUEST = 'name = "rt"\nkernel = "Image"\nmemory = 64\nllc_colors = ["11-12", "12"]  # colorcheck: ignore[CC115]{}\n'

RULE = Rule(
    "CC801",
    "silence-without-reason",
    Severity.ERROR,
    __doc__,
    nothing,
    bad=Example(guests=(("rt.cfg", _GUEST.format("")),)),
    good=Example(guests=(("rt.cfg", _GUEST.format(" the vendor's tool writes it so")),)),
)
