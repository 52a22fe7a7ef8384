"""A comment silences a rule that finds nothing there.

What it checks: whether each comment that silences rules has silenced something.

Why it matters: the fault has been fixed or has moved; the comment would hide the next one on this line.

What it cannot see: rules that the command line leaves out of this run; comments for those are not counted.

Source: colorcheck's own comments; see the manual's page about silencing.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, nothing

_GUEST = 'name = "rt"\nkernel = "Image"\nmemory = 64\n{}llc_colors = ["11-12"]\n'

RULE = Rule(
    "CC802",
    "silence-unused",
    Severity.WARNING,
    __doc__,
    nothing,
    bad=Example(guests=(("rt.cfg", _GUEST.format("# colorcheck: ignore[CC115] the vendor's tool writes it so\n")),)),
    good=Example(guests=(("rt.cfg", _GUEST.format("")),)),
)
