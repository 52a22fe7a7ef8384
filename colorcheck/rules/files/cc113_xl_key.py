"""An xl file has a key that xl ignores.

What it checks: keys of guests' files against those that the xl of each target reads. It is an error if the key is
spelled nearly like one about colors, memory or vCPUs, otherwise a warning.

Why it matters: xl silently ignores keys that it does not know. `llc_color` or `colors` leaves the guest with all
colors, `memroy` with no memory, and `weight` (instead of `cpu_weight`) with the default.

What it cannot see: what the xl of a fork or of an unreleased version reads besides the keys about colors; keys that
xl reads only for another type of guest (`vnc` for HVM guests).

Source: the keys that tools/xl/xl_parse.c looks up in Xen 4.20.4, 4.21.2 and 4.22.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.suggest import nearest
from colorcheck.rules.example import Example
from colorcheck.rules.facts.xl_keys import OURS
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES, find_release
from colorcheck.xen.release.xl_keys import XL_CONF

_COLOR_KEYS = frozenset(key for release in RELEASES for key in release.xl_keys)
_KEYS = frozenset(key for release in RELEASES for key in release.guest_keys)
_SIMILAR = 0.8  # so similar are misspellings of keys that have nothing to do with colors


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each such key."""
    targets = {result.release: find_release(result.release) for result in facts.results}
    for guest in facts.deployment.guests:
        for setting in guest.settings:
            name = setting.name
            if name in OURS or name in _COLOR_KEYS:
                continue
            ignoring = [named for named, release in targets.items() if release and _ignores(release, name)]
            near = None if name in _KEYS else _meant(name)
            if near in OURS:
                taken = guest.setting(near) is not None
                yield RULE.finding(
                    f"xl has no key {name} and ignores it",
                    setting.name_location,
                    f"did you mean {near}?",
                    fix=[] if taken else [Edit(setting.name_location, near)],
                    about=(xl_guest(guest).title,) if near == "llc_colors" else (),
                )
            elif ignoring:
                yield RULE.finding(
                    f"{_whose(ignoring, targets)} has no key {name} and ignores it{on(facts, ignoring)}",
                    setting.name_location,
                    _help(name, near),
                    severity=Severity.WARNING,
                )


def _ignores(release: Release, name: str) -> bool:
    """Whether the xl of that release does not read a key, as far as its keys are known."""
    return bool(release.guest_keys) and name not in release.guest_keys


def _meant(name: str) -> str | None:
    """The key that a misspelled one may stand for."""
    return nearest(name, sorted(_KEYS), _SIMILAR) or nearest(name, OURS)


def _whose(ignoring: list[str], targets: dict[str, Release | None]) -> str:
    release = targets[ignoring[0]]
    return f"the xl of {release.title}" if release and len(ignoring) == 1 == len(targets) else "xl"


def _help(name: str, near: str | None) -> str:
    """What to write instead, or which xl reads the key."""
    if near is not None:
        return f"did you mean {near}?"
    if name in XL_CONF and name not in _KEYS:
        return f"{name} is a key of /etc/xen/xl.conf"
    first = next((release.title for release in RELEASES if name in release.guest_keys), None)
    return f"{first} is the first that reads it" if first else "delete it"


RULE = Rule(
    "CC113",
    "xl-key",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_color = ["11-14"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
