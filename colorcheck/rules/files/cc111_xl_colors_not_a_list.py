"""`llc_colors` in an xl file is a string, and is ignored.

What it checks: whether `llc_colors` is a list in brackets.

Why it matters: xl warns that a single value should be a list, and goes on without it: the guest gets all colors and
shares the cache with every other domain.

What it cannot see: nothing; the files alone determine this.

Source: `xlu_cfg_get_list` (tools/libs/util/libxlu_cfg.c, 4.22) and tools/xl/xl_parse.c, measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.source import Location, Passage
from colorcheck.rules.example import Example
from colorcheck.rules.facts.guests import color_settings
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_guest import xl_guest


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each `llc_colors` that is not a list."""
    for guest, setting in color_settings(facts):
        if isinstance(setting.written, Passage):
            text = setting.written.text
            yield RULE.finding(
                f'llc_colors is the single value "{text}", not a list: xl ignores it and the guest gets all colors',
                setting.value_location,
                f"write llc_colors = [{quoted(text)}]",
                fix=_fix(setting.written) if setting.operator == "=" else [],
                about=(xl_guest(guest).title,),
            )


def quoted(text: str) -> str:
    """The items of a list of colors as elements of an xl list."""
    return ", ".join(f'"{item.strip()}"' for item in text.split(",") if item.strip())


def _fix(written: Passage) -> list[Edit]:
    """The edit that replaces the string and its quotes; empty unless it is on one line in plain quotes."""
    where = written.whole
    if where.line != where.end_line or where.column < 2 or len(written.text) != where.end_column - where.column:
        return []
    return [Edit(_with_quotes(where), f"[{quoted(written.text)}]")]


def _with_quotes(where: Location) -> Location:
    return replace(where, column=where.column - 1, end_column=where.end_column + 1)


RULE = Rule(
    "CC111",
    "xl-colors-not-a-list",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = "11-14"\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
