"""Colors of a domain are in a place where Xen does not read them.

What it checks: properties named like `llc-colors` in all nodes of the device tree.

Why it matters: Xen reads `llc-colors` in the node of a domain only, a child of /chosen that is compatible with
`xen,domain`. In a module's node below, or under a name such as `llc_colors`, it is never read: the domain gets all
colors, and nothing is printed.

What it cannot see: what a boot script writes into the domain's node later.

Source: `domain_set_llc_colors_from_str` and its caller (xen/common/device-tree/dom0less-build.c, 4.20 to 4.22).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.suggest import nearest
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.trees import domain_nodes
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.release.releases import RELEASES

_LIKE = re.compile(r"(?:[a-z0-9]+[,_.-])?(?:llc|cache)[_.-]?colou?r(?:s|ing)?", re.IGNORECASE)
_READ = frozenset(prop.name for release in RELEASES for prop in release.properties)
_NAME = "llc-colors"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each property with colors that no domain gets."""
    tree = facts.deployment.tree
    if tree is None:
        return
    domains = {node.path: node for node in domain_nodes(facts)}
    for node in tree.root.walk():
        for prop in node.properties.values():
            of_domain = node.path in domains
            meant = is_like_colors(prop) if of_domain else _LIKE.fullmatch(prop.name) is not None
            if not meant or (of_domain and prop.name in _READ):
                continue
            parent = domains.get(node.path.rpartition("/")[0])
            yield _misnamed(node, prop) if node.path in domains else _misplaced(node, prop, parent)


def is_like_colors(prop: Property) -> bool:
    """Whether a property of a domain is meant as its colors, and not called so."""
    return bool(_LIKE.fullmatch(prop.name)) or _near(prop)


def _near(prop: Property) -> bool:
    """Whether a property of a domain is a misspelled list of colors."""
    return "llc" in prop.name.lower() and nearest(prop.name, (_NAME,)) is not None


def _misnamed(node: Node, prop: Property) -> Finding:
    free = _NAME not in node.properties and prop.location.line
    return RULE.finding(
        f"Xen reads no property {prop.name}: {node.name} gets no colors from it",
        prop.location,
        f"did you mean {_NAME}?",
        fix=[Edit(prop.location, _NAME)] if free else [],
        about=(node.name,),
    )


def _misplaced(node: Node, prop: Property, domain: Node | None) -> Finding:
    if domain is not None:
        help = f"write {_NAME} in {domain.path}, the domain's own node"  # noqa: A001
    elif node.path.count("/") == 2 and node.path.startswith("/chosen/"):
        named = compatible(node, "multiboot,module", "xen,multiboot-module")
        help = (  # noqa: A001
            "dom0's colors are the boot option dom0-llc-colors"
            if named
            else 'give the node compatible = "xen,domain", otherwise it is not a domain'
        )
    else:
        help = f"write {_NAME} in the domain's node, a child of /chosen"  # noqa: A001
    return RULE.finding(
        f"Xen reads {prop.name} only in the node of a domain, and {node.path or '/'} is not one",
        prop.location,
        help,
        about=(domain.name,) if domain else (),
    )


RULE = Rule(
    "CC130",
    "property-elsewhere",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc_colors = "11-14";')),
    good=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')),
)
