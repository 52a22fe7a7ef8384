"""Xen rejects the colors of a dom0less domain.

What it checks: `llc-colors` in the nodes of domains, as the target's own parser reads it.

Why it matters: in the device tree every error of a list is fatal: Xen panics while it builds the domain. A missing
number is read as color 0 on 4.20 and 4.21, and is an error on 4.22.

What it cannot see: a well-formed list with the wrong colors.

Source: `llc_coloring_set_domu` (xen/common/llc-coloring.c, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import shown
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.facts.trees import domain_properties
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import text_of
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.release.releases import find_release
from colorcheck.xen.release.spelling import PropertyKind


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each list that is rejected or has a missing number, once for all Xens that treat it alike."""
    found: dict[tuple[Location, str], list[str]] = {}
    for result in facts.results:
        release = find_release(result.release)
        if release is None or not result.colored or release.domain_property.kind is not PropertyKind.LIST:
            continue
        for node, prop in domain_properties(facts, release.domain_property.name):
            room = (result.system.nr_colors if result.system else None) or 0
            read = read_colors(text_of(prop), release, room)
            if read.error:
                message = f"Xen panics: it rejects the colors of {node.name}: {read.error.message}"
                found.setdefault((place(facts, read.error_location), message), []).append(result.release)
            for item in read.items if not read.error and read.passage.text else ():
                if item.missing:
                    message = f"a number is missing and is read as 0: {node.name} has {shown(read.colors)}"
                    found.setdefault((read.passage.locate(item.start, item.end), message), []).append(result.release)
    for (where, message), releases in found.items():
        yield RULE.finding(
            message + on(facts, releases), where, 'write numbers and ranges separated by commas: "0-3,7"'
        )


RULE = Rule(
    "CC122",
    "tree-colors-rejected",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "14-11";')),
    good=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')),
)
