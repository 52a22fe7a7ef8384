"""An xl key is misspelled, and ignored.

What it checks: keys that xl does not know and that are spelled nearly like one about colors, memory or vCPUs.

Why it matters: xl silently ignores keys that it does not know. `llc_color` or `colors` leaves the guest with all
colors, `memroy` with no memory.

What it cannot see: other keys: those that xl does not know may be meant for other tools.

Source: xl.cfg manual, Xen 4.22; `llc_colors` in tools/xl/xl_parse.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.suggest import nearest
from colorcheck.rules.example import Example
from colorcheck.rules.facts.xl_keys import KNOWN, OURS
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.release.releases import RELEASES, find_release


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each such key."""
    ours = {key for result in facts.results if (d := find_release(result.release)) for key in d.xl_keys}
    elsewhere = {key for release in RELEASES for key in release.xl_keys} - ours
    for guest in facts.deployment.guests:
        for setting in guest.settings:
            if setting.name in KNOWN or setting.name in ours or setting.name in elsewhere:
                continue
            near = nearest(setting.name, OURS)
            if near is None:
                continue
            taken = guest.setting(near) is not None
            yield RULE.finding(
                f"xl has no key {setting.name} and ignores it",
                setting.name_location,
                f"did you mean {near}?",
                fix=[] if taken else [Edit(setting.name_location, near)],
                about=(xl_guest(guest).title,) if near == "llc_colors" else (),
            )


RULE = Rule(
    "CC113",
    "xl-key",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_color = ["11-14"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
