"""A number in an xl file is malformed, and the key is treated as absent.

What it checks: `memory`, `maxmem`, `vcpus` and `maxvcpus`: integers, memory in MiB without a unit, and
given with `=`.

Why it matters: text after the number gets a warning and the key is treated as absent: `memory = "256M"` means no
memory at all, and xl refuses the guest or takes a default.

What it cannot see: numbers under keys other than these four.

Source: `xlu_cfg_get_long` (tools/libs/util/libxlu_cfg.c, 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.c_numbers import whole_long
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.pattern import pattern
from colorcheck.core.source import Location, Passage
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts

KEYS = ("memory", "maxmem", "vcpus", "maxvcpus")


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each of these keys that is not a number."""
    for guest in facts.deployment.guests:
        for key in KEYS if guest.accepted else ():
            setting = guest.setting(key)
            if setting is None:
                continue
            written = setting.written
            if setting.operator == "+=":
                said = f"{key} is given with +=, which xl does not take for numbers: it is treated as absent"
                yield RULE.finding(said, setting.value_location, f"write {key} = with the whole number")
                continue
            text = written.text if isinstance(written, Passage) else "a list"
            if isinstance(written, Passage) and whole_long(text) is not None:
                continue
            yield RULE.finding(
                f'"{text}" is not a number: {key} is treated as absent',
                setting.value_location,
                f"write {key} = {_meant(key, text)}",
                fix=_fix(key, text, setting.value_location),
            )


_UNIT = pattern(r"\s*([0-9]+)\s*([kKmMgG])(?:i?[bB])?\s*")


def _meant(key: str, text: str) -> str:
    match = _UNIT.fullmatch(text)
    if match and key in ("memory", "maxmem") and match[2] in "mMgG":
        return str(int(match[1]) * (1024 if match[2] in "gG" else 1))
    return "an integer" + (" of MiB" if key in ("memory", "maxmem") else "")


def _fix(key: str, text: str, where: Location) -> list[Edit]:
    meant = _meant(key, text)
    plain = where.line == where.end_line and where.line and where.end_column - where.column == len(text)
    return [Edit(where, meant)] if meant.isdigit() and plain else []


RULE = Rule(
    "CC114",
    "xl-number",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = "256M"\nllc_colors = ["11-14"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
