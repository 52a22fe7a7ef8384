"""A list of colors is empty.

What it checks: `llc-colors = ""` in the device tree, `llc_colors = []` in xl files, and color options without a value.

Why it matters: in the device tree an empty list gives the domain no color at all; building it fails for lack of memory,
and Xen panics. In an xl file, and among the boot arguments, an empty list is treated as absent: all colors.

What it cannot see: nothing; the files alone determine this.

Source: `parse_color_config` (xen/common/llc-coloring.c, 4.20 to 4.22) and tools/xl/xl_parse.c (4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import LIST_OWNERS, options
from colorcheck.rules.facts.guests import color_lists
from colorcheck.rules.facts.trees import domain_properties
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.notes.colors import EmptyList
from colorcheck.xen.release.spelling import OptionKind


@says(EmptyList)
def _empty_list(note: EmptyList) -> str:
    if note.release:
        return f"{note.domain} has no colors: {note.release} does not give it any and cannot build it"
    return f"{note.domain} has an empty llc-colors: it gets no color and therefore no memory"


KINDS = (EmptyList,)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each empty list."""
    for node, prop in domain_properties(facts, "llc-colors"):
        if prop.value == b"\0":
            yield RULE.finding(
                f"{node.name} has an empty list of colors and therefore no memory: Xen panics when it builds the "
                f"domain",
                prop.value_location,
                'write its colors: llc-colors = "4-7";',
            )
    for guest, setting, values in color_lists(facts):
        if not values.items:
            yield RULE.finding(
                f"{guest.file}: an empty llc_colors is treated as absent: the guest gets all colors",
                setting.value_location,
                'write its colors: llc_colors = ["4-7"]',
                about=(xl_guest(guest).title,),
            )
    for option, _, releases in options(facts, lambda option, _: option.spec is not None and option.in_force):
        if option.spec and option.spec.kind is OptionKind.COLORS and not option.value and not option.negated:
            yield RULE.finding(
                f"{option.key} has no value and is treated as not given{on(facts, releases)}",
                option.location,
                "write colors after it, or delete it",
                about=(LIST_OWNERS[option.spec.concept],),
            )


RULE = Rule(
    "CC118",
    "empty-list",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "";')),
    good=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')),
    kinds=KINDS,
)
