"""Converts the mutable tree to the immutable value."""

from __future__ import annotations

from colorcheck.inputs.device_tree.dts.live import LiveNode
from colorcheck.inputs.device_tree.tree import Node


def freeze(live: LiveNode) -> Node:
    """The node and all below it; a loop, because a chain of overlays can nest deep."""
    return Node(
        live.name,
        live.path,
        live.place,
        {p.name: p.frozen() for p in live.properties if not p.deleted},
        tuple([freeze(child) for child in live.children if not child.deleted]),
        tuple([label.name for label in live.labels if not label.deleted]),
        live.number,
    )


def blob_size(root: Node, reservations: int) -> int:
    """The bytes that dtc writes for the tree (version 17): header, reservations, structure, names.

    A name that is the end of an earlier one is not stored again.
    """
    structure, names = 8, 0
    suffixes: set[str] = set()
    for node in root.walk():
        structure += 8 + _aligned(len(node.name) + 1)
        for name, held in node.properties.items():
            structure += 12 + (len(held.value) + 3 & ~3)
            if name not in suffixes:
                names += len(name) + 1
                suffixes.update([name[start:] for start in range(len(name) + 1)])
    return 40 + 16 * (reservations + 1) + structure - 4 + names


def _aligned(length: int) -> int:
    return (length + 3) & ~3
