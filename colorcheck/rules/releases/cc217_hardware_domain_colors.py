"""A hardware domain in the device tree does not take dom0's colors.

What it checks: from 4.21 on, domain nodes whose `capabilities` make them the hardware domain, while there is a
`dom0-llc-colors` among the boot arguments.

Why it matters: Xen takes this domain's colors from its own `llc-colors` and never looks at `dom0-llc-colors`; without
the property it gets all colors.

What it cannot see: nothing; the files alone determine this.

Source: `construct_hwdom` and dom0less building (xen/arch/arm and xen/common/device-tree, 4.21.2 and 4.22.0), read.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.inputs.device_tree.tree_walk import cell
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN, DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import arguments
from colorcheck.rules.facts.trees import domain_nodes
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.release.spelling import Concept

HARDWARE = 2  # bit of `capabilities`


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each hardware domain without colors of its own."""
    for release, read in arguments(facts):
        option = read.in_force(Concept.DOM0_COLORS)
        if option is None or not read.release.traits.hardware_domain_by_node:
            continue
        for node in domain_nodes(facts):
            if (cell(node, "capabilities") or 0) & HARDWARE and "llc-colors" not in node.properties:
                yield RULE.finding(
                    f"{node.name} is the hardware domain and does not take {option.key}: it gets all colors"
                    f"{on(facts, (release,))}",
                    node.location,
                    f'write llc-colors = "{option.value}" in its node',
                    related=(Related(option.location, "not consulted for this domain"),),
                    about=(node.name,),
                )


RULE = Rule(
    "CC217",
    "hardware-domain-colors",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(xen="4.22", chosen=DOMAIN_PLAIN.format(more="cpus = <1>; capabilities = <2>;")),
    good=Example(xen="4.22", chosen=DOMAIN.format(more="cpus = <1>;")),
)
