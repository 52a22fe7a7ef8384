"""A missing number is read as color 0.

What it checks: items of a color list without a number, such as `4,,6`, `,4` or `-5`, where the target accepts them.

Why it matters: 4.20 and 4.21 read a missing number as 0 and say nothing: `4,,6` is {4, 0, 6}. Color 0 is Xen's own by
default, so dom0 silently shares the cache with Xen.

What it cannot see: a color 0 that was omitted although it was wanted.

Source: `parse_color_config` (xen/common/llc-coloring.c, 4.20.4, 4.21.2), measured; 4.22 rejects such lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import lists, shown
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import ListMeansElse
from colorcheck.xen.options.color_lists import ColorItem, ColorList


@says(ListMeansElse)
def _list_means_else(note: ListMeansElse) -> str:
    if note.read is None:
        return f'in "{note.text}" a number is missing: Xen reads it as 0'
    first, last = note.read
    return f'xl reads "{note.text}" as {first}-{last} and drops the rest'


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each item without a number in a list that is not rejected."""
    for option, colors, releases in lists(facts):
        for item in colors.items if colors.error is None and option.value else ():
            if item.missing:
                yield RULE.finding(
                    f"a number is missing and is read as 0: {option.key}={option.value} is {shown(colors.colors)}"
                    f"{on(facts, releases)}",
                    _around(colors, item)[0].location,
                    "write every number, and no superfluous comma",
                    fix=[edit for edit in _around(colors, item) if item.start == item.end],
                )


def _around(colors: ColorList, item: ColorItem) -> tuple[Edit]:
    """The edit that drops an empty item with one of its commas, or the place of an incomplete range."""
    end = item.end + 1 if item.start == item.end else item.end
    return (Edit(colors.passage.locate(item.start, end), ""),)


RULE = Rule(
    "CC102",
    "missing-number",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=4,,6-9"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=4,6-9"),
    kinds=(ListMeansElse,),
)
