"""Colors of single domains that a boot script leaves open: the separations of all other pairs can still be proved.

A pair is separated by its own colors and the cache. The colors of a third domain affect neither; they affect the
allocation of memory, so everything else stays open.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.loader.handover import Handover
from colorcheck.loader.read_by import blocking, open_colors
from colorcheck.xen.booted import Boot
from colorcheck.xen.domains.dom0less import nodes
from colorcheck.xen.release.release import Release

_ALONE = (TheoremKind.SET_SEPARATION, TheoremKind.ALLOCATOR_INVARIANT)  # they do not depend on any domain
_COLORS = "llc-colors"


def only_colors_are_open(received: Handover | None) -> frozenset[str]:
    """The paths of the domains whose colors are open, if everything else in the tree is known; otherwise empty."""
    if received is None or received.stopped or received.alternatives or any(blocking(received)):
        return frozenset()
    return frozenset(open_colors(received))


def in_one_world(deployment: Deployment, paths: Collection[str]) -> Deployment:
    """The deployment in one of the possible worlds: the open lists are empty, which is treated as no list."""
    tree = deployment.tree
    return deployment if tree is None else replace(deployment, tree=replace(tree, root=_emptied(tree.root, paths)))


def _emptied(node: Node, paths: Collection[str]) -> Node:
    if not any(path.startswith(node.path) for path in paths):
        return node
    properties = node.properties
    if node.path in paths:
        given = properties[_COLORS]
        empty = Property(_COLORS, b"", given.location, given.value_location)
        properties = {**properties, _COLORS: empty}
    return replace(node, properties=properties, children=tuple(_emptied(child, paths) for child in node.children))


def concerned(deployment: Deployment, paths: Collection[str], release: Release) -> frozenset[str]:
    """The names of the domains whose colors are open, including those that inherit an open list."""
    found: set[str] = set()
    inherits = False
    for node in nodes(deployment.tree) if deployment.tree else ():
        if node.path in paths:
            inherits = release.traits.inherits_colors
        elif _COLORS in node.properties and b"\0" in node.properties[_COLORS].value:
            inherits = False
        if node.path in paths or inherits:
            found.add(node.name)
    return frozenset(found)


def kept(theorems: Collection[Theorem], names: Collection[str], boot: Boot, why: str) -> tuple[Theorem, ...]:
    """The theorems of one world as they are in all: proved pairs of other domains hold, unless they read who got which
    memory in this boot (such as memory given by address); all else is unknown."""
    of_memory = boot.reads - boot.system.reads

    def holds(theorem: Theorem) -> bool:
        own = set(names).isdisjoint(theorem.subjects) and of_memory.isdisjoint(theorem.facts)
        pair = theorem.kind is TheoremKind.PAIR_SEPARATION and theorem.verdict is Verdict.PROVED
        return theorem.kind in _ALONE or (pair and own)

    return tuple(theorem if holds(theorem) else _unknown(theorem, why) for theorem in theorems)


def _unknown(theorem: Theorem, why: str) -> Theorem:
    return replace(
        theorem, verdict=Verdict.UNKNOWN, reason=why, core=(), worlds=(), bound="", witness=None, certificate=None
    )
