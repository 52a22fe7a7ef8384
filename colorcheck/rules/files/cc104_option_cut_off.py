"""An option longer than 127 characters loses its end.

What it checks: the length of each boot option, name and value together.

Why it matters: Xen copies each option into a buffer and silently drops what does not fit. About 37 two-digit
colors fit after `dom0-llc-colors=`; the cut can fall inside a number.

What it cannot see: limits of the boot loader on the whole line.

Source: `parse_params` (xen/common/kernel.c, 4.20.4); confirmed by boots.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import OptionCut
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.options.options import LONGEST_OPTION, Option
from colorcheck.xen.release.release import Release


@says(OptionCut)
def _option_cut(note: OptionCut) -> str:
    return f'{note.option} is longer than 127 characters: Xen drops "{note.lost}"'


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each option that is cut."""
    for option, read, releases in options(facts, lambda option, _: option.cut):
        lost = option.written.text[len(option.text) :]
        yield RULE.finding(
            f"Xen keeps {LONGEST_OPTION} characters of an option: the end of {option.key}, "
            f'"{lost if len(lost) <= 40 else lost[:39] + "…"}", is lost{on(facts, releases)}',
            option.lost_location,
            "write ranges (4-40) instead of single colors",
            fix=_shorter(option, read.release),
        )


def _shorter(option: Option, release: Release) -> list[Edit]:
    """The edit that writes the list with ranges; empty unless the list ascends and fits then."""
    if option.colors is None:
        return []
    start = len(option.key) + 1
    room = 1 << 10
    whole = read_colors(option.written.part(start, len(option.written.text)), release, room, room)
    text = str(ColorSet.of(whole.colors))
    ascending = list(whole.colors) == sorted(set(whole.colors))
    if whole.error or not ascending or start + len(text) > LONGEST_OPTION:
        return []
    return [Edit(option.value_location, text)]


_BOARD = "qemu-virt-cortex-a57"
_OTHERS = "llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G"
_MANY = ",".join(f"{color}-{color}" for color in range(2, 31))

RULE = Rule(
    "CC104",
    "option-cut-off",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(board=_BOARD, boot_arguments=f"{_OTHERS} dom0-llc-colors={_MANY}"),
    good=Example(board=_BOARD, boot_arguments=f"{_OTHERS} dom0-llc-colors=2-30"),
    kinds=(OptionCut,),
)
