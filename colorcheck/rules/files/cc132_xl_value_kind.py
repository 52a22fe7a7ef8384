"""A key of an xl file has a value of another kind, and is ignored.

What it checks: a single value for a key that needs a list (`iomem`, `pci`, `disk`), a list for a key with a single
value, and text for a key that needs a number.

Why it matters: xl prints a warning and goes on without the key: with `iomem = "0xff010,1"` the guest is created without
the device.

What it cannot see: what is inside a value of the right kind; `llc_colors`, `memory`, `maxmem`, `vcpus` and `maxvcpus`
have rules of their own.

Source: `xlu_cfg_get_list`, `xlu_cfg_get_long` and `xlu_cfg_get_string` (tools/libs/util/libxlu_cfg.c, 4.22), measured,
and their calls in tools/xl/xl_parse.c, 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.c_numbers import whole_long
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.xl.xl_values import XlList, XlSetting, is_bare
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.files.cc114_xl_number import KEYS
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_refused_values import GRANTS
from colorcheck.xen.release.xl_keys import LISTS, NUMBERS, TEXTS

_OTHERS = frozenset(("llc_colors", *KEYS))
_NUMBERS = NUMBERS.difference(GRANTS)  # xl stops at grants without a number: CC119


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each such setting that takes effect."""
    for guest in facts.deployment.guests:
        for setting in guest.settings if guest.accepted else ():
            if setting.name not in _OTHERS and setting is guest.setting(setting.name):
                yield from _of(setting)


def _of(setting: XlSetting) -> Iterator[Finding]:
    name, written = setting.name, setting.written
    if isinstance(written, XlList):
        if name in TEXTS or name in _NUMBERS:
            said, advice = f"{name} is a list, not a single value", f"write {name} without brackets"
            yield RULE.finding(f"{said}: xl ignores it", setting.value_location, advice)
    elif name in LISTS:
        said, advice = f"{name} is a single value, not a list", f"write {name} in brackets"
        yield RULE.finding(f"{said}: xl ignores it", setting.value_location, advice, fix=_bracketed(setting, written))
    elif name in _NUMBERS and setting.operator == "+=":
        said = f"{name} is given with +=, which xl does not take for numbers"
        yield RULE.finding(f"{said}: xl ignores it", setting.value_location, f"write {name} =")
    elif name in _NUMBERS and whole_long(written.text) is None:
        said = f'"{written.text}" is not a number'
        yield RULE.finding(f"{said}: xl ignores {name}", setting.value_location, f"write a number: {name} = 1")


def _bracketed(setting: XlSetting, written: Passage) -> list[Edit]:
    """The edit that makes a list of one element of a string on one line; none for a text put together with `+=`."""
    where = written.whole
    if setting.operator != "=" or where.line != where.end_line or is_bare(written) or where.column < 2:
        return []
    if len(written.text) != where.end_column - where.column:
        return []
    start = Location(where.file, where.line, where.column - 1, where.line, where.column - 1)
    end = Location(where.file, where.line, where.end_column + 1, where.line, where.end_column + 1)
    return [Edit(start, "["), Edit(end, "]")]


RULE = Rule(
    "CC132",
    "xl-value-kind",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST + 'irqs = "33"\n'),)),
    good=Example(guests=(("rt.cfg", GUEST + "irqs = [33]\n"),)),
)
