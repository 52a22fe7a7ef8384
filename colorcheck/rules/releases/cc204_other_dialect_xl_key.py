"""An xl file has the color key of another Xen.

What it checks: `colors` and `llc_colors` in xl files against what the target's xl reads.

Why it matters: xl silently ignores a key that it does not know: upstream gives a guest with `colors` all colors,
the older forks give one with `llc_colors` those of dom0.

What it cannot see: which xl really runs; the manifest says which Xen is meant.

Source: tools/xl/xl_parse.c of Xilinx 2019.2 to 4.17 and of upstream 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES, find_release

_KEYS = tuple(dict.fromkeys(key for release in RELEASES for key in release.xl_keys))


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each key that the target's xl does not know."""
    targets: dict[Release, list[str]] = {}
    for result in facts.results:
        release = find_release(result.release)
        if release is not None and release.xl_keys:
            targets.setdefault(release, []).append(result.release)
    for guest in facts.deployment.guests:
        for setting in guest.settings:
            unknown = (
                {}
                if setting.name not in _KEYS
                else {
                    release: named
                    for release, named in targets.items()
                    if setting.name not in release.xl_keys and not guest.setting(release.xl_key)
                }
            )
            keys = tuple(dict.fromkeys(release.xl_key for release in unknown))
            certain = len(keys) == 1 and len(unknown) == len(targets)
            if unknown:
                releases = [name for each in unknown.values() for name in each]
                whose = next(iter(unknown)).title if len(unknown) == 1 else "these Xens"
                yield RULE.finding(
                    f"the xl of {whose} has no key {setting.name} and ignores it{on(facts, releases)}",
                    setting.name_location,
                    f"write {' or '.join(keys)}",
                    fix=[Edit(setting.name_location, keys[0])] if certain else [],
                    about=(xl_guest(guest).title,),
                )


RULE = Rule(
    "CC204",
    "other-dialect-xl-key",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\ncolors = ["11-14"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
