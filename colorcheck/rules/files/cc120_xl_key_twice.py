"""An xl file gives a key twice.

What it checks: keys about colors, memory and vCPUs that are assigned more than once.

Why it matters: the later value silently takes effect.

What it cannot see: keys that have nothing to do with colors, memory or vCPUs.

Source: `xlu__cfg_set_store` (tools/libs/util/libxlu_cfg.c, 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.xl_keys import OURS
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding at each assignment that a later one overrides."""
    for guest in facts.deployment.guests:
        for position, setting in enumerate(guest.settings):
            later = [other for other in guest.settings[position + 1 :] if other.name == setting.name]
            if setting.name in OURS and later and later[0].operator == "=":
                yield RULE.finding(
                    f"{setting.name} is assigned again in line {later[0].line}, which takes effect",
                    setting.name_location,
                    "delete one of the two",
                    related=(Related(later[-1].name_location, "this one takes effect"),),
                )


RULE = Rule(
    "CC120",
    "xl-key-twice",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 128\nmemory = 256\nllc_colors = ["11-14"]\n'),)
    ),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
