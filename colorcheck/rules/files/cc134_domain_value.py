"""A property of a dom0less domain has a value that Xen ignores, or reads only in part.

What it checks: numbers of less than four bytes, such as a string where a cell is meant; words of `xen,enhanced` that
Xen does not know; `hard-affinity` with text behind the CPUs; nodes with `hard-affinity` that are not compatible with
`xen,vcpu`.

Why it matters: Xen silently takes its default: with `xen,domain-p2m-mem-mb = "8"` the usual P2M pool, with
`hard-affinity = "1 2"` CPU 1 alone.

What it cannot see: what the Xen of a fork reads.

Source: `dt_property_read_u32` (xen/common/device-tree), `construct_domU`, `domain_vcpu_affinity` (dom0less-build.c),
Xen 4.20.4 to 4.22.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import compatible, string
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.trees import domain_nodes
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.cpu_lists import hard_affinity
from colorcheck.xen.release.releases import find_release

_CELLS = (
    "domain-cpupool",
    "max_grant_frames",
    "max_grant_version",
    "max_maptrack_frames",
    "nr_spis",
    "xen,domain-p2m-mem-mb",
)
_ENHANCED = ("enabled", "legacy", "no-xenstore")
_ALL = 1 << 32  # so many CPUs that none is refused


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each such value."""
    releases = [release for result in facts.results if (release := find_release(result.release))]
    if not any(release.modelled for release in releases):
        return
    reads_vcpus = any(release.modelled and release.traits.reads_vcpu_nodes for release in releases)
    for node in domain_nodes(facts):
        for name in _CELLS:
            prop = node.properties.get(name)
            if prop is not None and len(prop.value) < 4:
                length = f"{len(prop.value)} byte{'s' * (len(prop.value) != 1)}"
                said = f"{name} of {node.name} has {length}, and Xen reads a cell of 4"
                cell = "<&POOL>" if name == "domain-cpupool" else "<NUMBER>"
                yield RULE.finding(f"{said}: it takes its default", prop.location, f"write {name} = {cell}")
        enhanced = node.properties.get("xen,enhanced")
        word = string(node, "xen,enhanced")
        if enhanced is not None and b"\0" in enhanced.value and word not in _ENHANCED:
            said = f'Xen does not know "{word}" in xen,enhanced of {node.name} and ignores it'
            yield RULE.finding(said, enhanced.location, 'write "enabled", "no-xenstore" or, from 4.21 on, "legacy"')
        for child in node.children if reads_vcpus else ():
            yield from _affinity(node, child)


def _affinity(node: Node, child: Node) -> Iterator[Finding]:
    prop, text = child.properties.get("hard-affinity"), string(child, "hard-affinity")
    if prop is None or text is None:
        return
    if not compatible(child, "xen,vcpu"):
        said = f"{child.name} of {node.name} is not compatible with xen,vcpu: Xen does not read its hard-affinity"
        yield RULE.finding(said, prop.location, 'write compatible = "xen,vcpu"')
    elif rest := hard_affinity(text, _ALL).rest:
        said = f'Xen does not read "{rest}" in hard-affinity of {child.name} of {node.name}'
        yield RULE.finding(said, prop.value_location, 'write the CPUs without blanks: "1,2" or "1-2"')


RULE = Rule(
    "CC134",
    "domain-value-ignored",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN.format(more='cpus = <1>; nr_spis = "1";')),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>; nr_spis = <1>;")),
)
