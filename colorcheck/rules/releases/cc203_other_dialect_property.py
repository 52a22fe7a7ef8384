"""A domain's node has the color property of another line of Xen.

What it checks: `colors` and `llc-colors` in the nodes of domains against what the target reads.

Why it matters: the wrong Xen never looks at the property: upstream gives a domain with `colors` all colors, the older
forks give one with `llc-colors` the colors of dom0. Nothing is printed.

What it cannot see: which Xen really boots; the manifest says which is meant.

Source: Xilinx 2019.2 to 4.17 and upstream 4.20 to 4.22, read property by property.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.trees import domain_properties
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.release.dialects import DIALECTS, Dialect, OtherDomains, find_dialect

_NAMES = tuple(dict.fromkeys(prop.name for dialect in DIALECTS for prop in dialect.properties))
_THEN = {
    OtherDomains.ALL: "all colors",
    OtherDomains.DOM0S: "dom0's colors",
    OtherDomains.NONE: "no colors",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each color property that the target does not read."""
    targets = [(outlook.line, dialect) for outlook in facts.outlooks if (dialect := find_dialect(outlook.line))]
    for name in _NAMES:
        blind: dict[Dialect, list[str]] = {}
        for line, dialect in targets:
            if name not in [prop.name for prop in dialect.properties]:
                blind.setdefault(dialect, []).append(line)
        for node, prop in domain_properties(facts, name):
            for dialect, lines in blind.items():
                if dialect.domain_property.name not in node.properties:
                    yield RULE.finding(
                        f"{dialect.title} does not read {name}: {node.name} gets {_THEN[dialect.domain_default]}"
                        f"{on(facts, lines)}",
                        prop.location,
                        _instead(facts, node, dialect),
                        about=(node.name,),
                    )


def _instead(facts: Facts, node: Node, dialect: Dialect) -> str:
    wanted, built = dialect.domain_property.name, facts.deployment.image_builder
    if built and node.location.file == built.file:
        return f"ImageBuilder cannot write {wanted}: set it in {node.path} with a U-Boot command of your own"
    return f"write {wanted} (`colorcheck migrate --to {dialect.name}` translates it)"


RULE = Rule(
    "CC203",
    "other-dialect-property",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN_PLAIN.format(more="cpus = <1>; colors = <0x0 0x7800>;")),
    good=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')),
)
