"""This Xen requires colors in ascending order without repetitions.

What it checks: for the 4.17 lines of Xilinx, whether the lists of boot arguments and device tree ascend without
repetitions.

Why it matters: upstream and the older forks take such lists as they are; this line refuses them after reading and stops
at boot, and the message does not say why.

What it cannot see: nothing; the files alone determine this.

Source: Xilinx xlnx_rebase_4.17, `check_colors`: "Bad LLC color config for Xen", read.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.source import Location
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.facts.trees import domain_properties
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import text_of
from colorcheck.xen.options.color_lists import ColorList, read_colors
from colorcheck.xen.release.releases import find_release


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each list that does not ascend."""
    for option, read, found in options(facts, lambda option, read: read.release.ascending and option.in_force):
        if option.colors is not None and read.release.ascending:
            yield from _check(option.colors, option.key, option.value_location, on(facts, found))
    for result in facts.results:
        release = find_release(result.release)
        if release is not None and release.ascending:
            for node, prop in domain_properties(facts, "llc-colors"):
                read_list = read_colors(text_of(prop), release, release.most_colors)
                yield from _check(
                    read_list, f"llc-colors of {node.name}", prop.value_location, on(facts, (result.release,))
                )


def _check(colors: ColorList, name: str, where: Location, when: str) -> Iterator[Finding]:
    taken = list(colors.colors)
    if colors.error is None and taken != sorted(set(taken)):
        text = str(ColorSet.of(taken))
        exact = where.line == where.end_line and where.end_column - where.column == len(colors.passage.text)
        yield RULE.finding(
            f"{name} does not ascend or repeats a color: this Xen refuses it and stops{when}",
            where,
            f"write {text}",
            fix=[Edit(where, text)] if exact and where.line else [],
        )


_NEW = "llc-coloring=on llc-way-size=64K xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors={}"

RULE = Rule(
    "CC208",
    "list-must-ascend",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(xen="xilinx-4.17", boot_arguments=_NEW.format("8-10,2-7")),
    good=Example(xen="xilinx-4.17", boot_arguments=_NEW.format("2-10")),
)
