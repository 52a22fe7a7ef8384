"""The device tree is deeper than this release of Xen can walk.

What it checks: on releases with the defect, whether a node is 16 or more levels below the root.

Why it matters: these releases never finish reading such a tree: they hang before the first line about memory.

What it cannot see: what a boot loader adds to the tree.

Source: `device_tree_for_each_node` (xen/common/device-tree/bootfdt.c); measured on 4.20.0 and 4.21.0; fixed by
3b717f57dc in 4.20.4, 4.21.2 and 4.22.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, on, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.machine import DeepTreeHangs


@says(DeepTreeHangs)
def _deep_tree_hangs(note: DeepTreeHangs) -> str:
    return f"{note.node} is {note.levels} levels below the root: {note.release} never finishes reading the tree"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for the first node that is too deep."""
    for what in seen(facts, DeepTreeHangs):
        yield RULE.finding(
            f"{what.message}{on(facts, what.releases)}",
            what.location,
            "use a point release that has 3b717f57dc (4.20.4, 4.21.2, 4.22.0), or flatten the tree",
        )


_NODES = "a { " * 17 + "};" * 17

RULE = Rule(
    "CC219",
    "deep-tree",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(xen="4.20.0", chosen=DOMAIN.format(more="cpus = <1>;") + _NODES),
    good=Example(xen="4.20.4", chosen=DOMAIN.format(more="cpus = <1>;") + _NODES),
    kinds=(DeepTreeHangs,),
)
