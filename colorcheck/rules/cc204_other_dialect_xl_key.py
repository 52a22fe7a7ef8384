"""An xl file has the color key of another line of Xen.

What it checks: `colors` and `llc_colors` in xl files against what the target's xl reads.

Why it matters: xl ignores a key that it does not know, without a word: upstream gives a guest with `colors` all colors,
the older forks give one with `llc_colors` those of dom0.

What it cannot see: which xl really runs; the manifest says which Xen is meant.

Source: tools/xl/xl_parse.c of Xilinx 2019.2 to 4.17 and of upstream 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.diagnostic import Edit, Finding, Severity
from colorcheck.results import Facts
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, on
from colorcheck.xen.dialects import DIALECTS, Dialect, find_dialect

_KEYS = tuple(dict.fromkeys(key for dialect in DIALECTS for key in dialect.xl_keys))


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each key that the target's xl does not know."""
    targets: dict[Dialect, list[str]] = {}
    for outlook in facts.outlooks:
        dialect = find_dialect(outlook.line)
        if dialect is not None and dialect.xl_keys:
            targets.setdefault(dialect, []).append(outlook.line)
    for guest in facts.deployment.guests:
        for setting in guest.settings:
            for dialect, lines in targets.items():
                if setting.name not in _KEYS or setting.name in dialect.xl_keys or guest.setting(dialect.xl_key):
                    continue
                yield RULE.finding(
                    f"the xl of {dialect.title} knows no key {setting.name} and ignores it{on(facts, lines)}",
                    setting.name_location,
                    f"write {dialect.xl_key}",
                    fix=[Edit(setting.name_location, dialect.xl_key)] if len(targets) == 1 else [],
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
