"""A domain's node has the color property of another Xen.

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
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES, find_release
from colorcheck.xen.release.spelling import OtherDomains

_NAMES = tuple(dict.fromkeys(prop.name for release in RELEASES for prop in release.properties))
_THEN = {
    OtherDomains.ALL: "all colors",
    OtherDomains.DOM0S: "dom0's colors",
    OtherDomains.NONE: "no colors",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each color property that the target does not read."""
    targets = [(result.release, release) for result in facts.results if (release := find_release(result.release))]
    for name in _NAMES:
        blind: dict[Release, list[str]] = {}
        for target, release in targets:
            if name not in [prop.name for prop in release.properties]:
                blind.setdefault(release, []).append(target)
        for node, prop in domain_properties(facts, name):
            for release, releases in blind.items():
                if release.domain_property.name not in node.properties:
                    yield RULE.finding(
                        f"{release.title} does not read {name}: {node.name} gets {_THEN[release.domain_default]}"
                        f"{on(facts, releases)}",
                        prop.location,
                        _instead(facts, node, release),
                        about=(node.name,),
                    )


def _instead(facts: Facts, node: Node, release: Release) -> str:
    wanted, built = release.domain_property.name, facts.deployment.image_builder
    if built and node.location.file == built.file:
        colors = '"4-7"' if wanted.startswith("llc") else "<0xf0>"
        line = f"fdt set {node.path} {wanted} {colors}"
        return f"ImageBuilder cannot write {wanted}: put `{line}` into a file and specify it as APPEND_EXTRA_CMDS"
    return f"write {wanted} (`colorcheck migrate --to {release.name}` translates it)"


RULE = Rule(
    "CC203",
    "other-dialect-property",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN_PLAIN.format(more="cpus = <1>; colors = <0x0 0x7800>;")),
    good=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')),
)
