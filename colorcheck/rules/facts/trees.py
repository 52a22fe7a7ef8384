"""Device tree facts that several rules use: domain nodes and the colors written in them."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.source import Passage
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import text_of


def chosen(facts: Facts) -> Node | None:
    """`/chosen`, if there is a tree that has it."""
    tree = facts.deployment.tree
    return tree.node("/chosen") if tree else None


def domain_nodes(facts: Facts) -> Iterator[Node]:
    """The nodes of dom0less domains: direct children of `/chosen` that are compatible with `xen,domain`."""
    parent = chosen(facts)
    yield from (node for node in (parent.children if parent else ()) if compatible(node, "xen,domain"))


def domain_properties(facts: Facts, name: str) -> Iterator[tuple[Node, Property]]:
    """(node, property) for each domain node that has the property."""
    for node in domain_nodes(facts):
        prop = node.properties.get(name)
        if prop is not None:
            yield node, prop


def color_strings(facts: Facts) -> Iterator[Passage]:
    """The lists of colors of all domain nodes."""
    yield from (text_of(prop) for _, prop in domain_properties(facts, "llc-colors") if prop.strings)
