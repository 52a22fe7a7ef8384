"""Xen rejects a list of colors, continues to boot and does something else.

What it checks: the color lists among the boot arguments, as the target's own parser reads them.

Why it matters: the only trace is a line "has invalid value" early in the log. On 4.20 and 4.21 the colors read so far
stay in force, so a typo shortens the list. On 4.22 the list becomes empty: dom0 then gets all colors, and Xen color 0.

What it cannot see: a well-formed list with the wrong colors.

Source: `parse_color_config` (xen/common/llc-coloring.c, 4.20.4, 4.21.2, 4.22.0), measured with 500 lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import LIST_OWNERS, lists, shown
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import ListDropped, ListRemains
from colorcheck.xen.options.options import Option
from colorcheck.xen.release.spelling import Concept


@says(ListRemains)
def _list_remains(note: ListRemains) -> str:
    kept = ", ".join(map(str, note.colors))
    return f'Xen rejects {note.option}="{note.value}": the colors {kept} read before the error stay in force'


@says(ListDropped)
def _list_dropped(note: ListDropped) -> str:
    return f'Xen rejects {note.option}="{note.value}": the default is used'


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each list with an error, with what each Xen does with it."""
    rejected: dict[tuple[Location, str], list[tuple[Option, tuple[str, ...]]]] = {}
    for option, colors, releases in lists(facts):
        if colors.error is not None:
            where = place(facts, colors.error_location, option.location)
            rejected.setdefault((where, colors.error.message), []).append((option, releases))
    for (where, message), found in rejected.items():
        option = found[0][0]
        then = "; ".join(f"{_then(each)}{on(facts, releases)}" for each, releases in found)
        yield RULE.finding(
            f"Xen rejects {option.key}={option.value}: {message}; {then}",
            where,
            "write numbers and ranges separated by commas, such as 0-3,7",
            about=(LIST_OWNERS[option.spec.concept],) if option.spec else (),
        )


def _then(option: Option) -> str:
    dom0 = option.spec is not None and option.spec.concept is Concept.DOM0_COLORS
    if isinstance(option.stored, tuple) and option.stored:
        return f"it continues to boot with {shown(option.stored)} for {'dom0' if dom0 else 'Xen'}"
    return "it continues to boot and gives dom0 all colors" if dom0 else "it continues to boot with color 0 for Xen"


RULE = Rule(
    "CC101",
    "list-rejected",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=4-7;", xen="4.22"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=4-11", xen="4.22"),
    kinds=(ListRemains, ListDropped),
)
