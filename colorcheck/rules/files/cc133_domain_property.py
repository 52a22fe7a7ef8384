"""A dom0less domain has a property that Xen ignores.

What it checks: the properties of each node compatible with `xen,domain` against those that each target reads, its
`xen,vcpu` nodes on a release without them, and `status` in the nodes that Xen reads below /chosen.

Why it matters: Xen silently ignores properties that it does not know: `vcpus` (instead of `cpus`), `direct_map` or
`capabilities` on 4.20. It ignores `status` as well: a domain, a boot module or shared memory that is "disabled" is
created, loaded or reserved like any other.

What it cannot see: what a fork or an unreleased version reads.

Source: what the functions of dom0less boot look up, in Xen 4.20.4, 4.21.2 and 4.22.0; `early_scan_node`. Measured: a
disabled domain is created.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.suggest import nearest
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.inputs.device_tree.tree_walk import available, compatible, string
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.trees import domain_nodes
from colorcheck.rules.files.cc130_property_elsewhere import is_like_colors
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.machine.chosen_walk import below_chosen
from colorcheck.xen.release.domain_properties import ANY_NODE
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES, find_release

_KNOWN = frozenset(key for release in RELEASES for key in release.domain_keys)
_COLORS = frozenset(prop.name for release in RELEASES for prop in release.properties)
_STATIC = "#xen,static-mem-"  # of older releases: the cells of static memory


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each property or node that is ignored."""
    targets = {result.release: release for result in facts.results if (release := find_release(result.release))}
    for node in domain_nodes(facts):
        for prop in node.properties.values():
            if prop.name != "status" and prop.name not in ANY_NODE:
                yield from _property(facts, node, prop, targets)
        yield from _vcpus(facts, node, targets)
    for found in below_chosen(facts.deployment.tree) if facts.deployment.tree else ():
        yield from _status(found.node, f"the {found.item.value.replace('-', ' ')} {found.node.name}")
    chosen = facts.deployment.tree.node("/chosen") if facts.deployment.tree else None
    for node in chosen.children if chosen else ():
        if compatible(node, "xen,cpupool"):
            yield from _status(node, f"the pool {node.name}")


def _property(facts: Facts, node: Node, prop: Property, targets: dict[str, Release]) -> Iterator[Finding]:
    name = prop.name
    if name in _COLORS or name.startswith(_STATIC) or is_like_colors(prop):
        return  # CC130, CC203
    ignoring = [named for named, release in targets.items() if release.domain_keys and name not in release.domain_keys]
    if ignoring:
        yield RULE.finding(
            f"Xen reads no property {name} of {node.name} and ignores it{on(facts, ignoring)}",
            prop.location,
            _help(name),
        )


def _help(name: str) -> str:
    first = next((release.title for release in RELEASES if name in release.domain_keys), None)
    if first is not None:
        return f"{first} is the first that reads it"
    if name == "bootargs":
        return "the arguments of the domain's kernel are the bootargs of its module"
    near = "cpus" if name == "vcpus" else nearest(name.replace("_", "-"), sorted(_KNOWN))
    return f"did you mean {near}?" if near else "delete it"


def _vcpus(facts: Facts, node: Node, targets: dict[str, Release]) -> Iterator[Finding]:
    ignoring = [named for named, release in targets.items() if release.modelled and not release.traits.reads_vcpu_nodes]
    for child in node.children if ignoring else ():
        if compatible(child, "xen,vcpu"):
            yield RULE.finding(
                f"Xen does not read {child.name} of {node.name}: its vCPU is not pinned{on(facts, ignoring)}",
                child.location,
                "give the domain a pool of its own (domain-cpupool)",
            )


def _status(node: Node, what: str) -> Iterator[Finding]:
    if not available(node):
        value = string(node, "status") or "empty"
        yield RULE.finding(
            f"Xen does not read the status of {what}: it uses it although it is {value}",
            node.properties["status"].location,
            "delete the node, or its compatible",
        )


RULE = Rule(
    "CC133",
    "domain-property-ignored",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN.format(more="cpus = <1>; direct_map;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
