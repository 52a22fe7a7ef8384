"""A device tree as the blob that Xen reads, written by libfdt."""

from __future__ import annotations

from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.dts.freeze import blob_size
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property

_HERE = Location("")
_ROOM = 4096


def to_blob(tree: DeviceTree) -> bytes:
    """The blob of a tree, version 17, without room to grow."""
    import libfdt

    # libfdt's writer grows by itself in most places, and not where the reservations end
    writer = libfdt.FdtSw(blob_size(tree.root, len(tree.memory_reservations)) + _ROOM)
    for address, size in tree.memory_reservations:
        writer.add_reservemap_entry(address, size)
    writer.finish_reservemap()
    stack: list[Node | None] = [tree.root]
    while stack:
        node = stack.pop()
        if node is None:
            writer.end_node()
            continue
        writer.begin_node(node.name)
        for held in node.properties.values():
            writer.property(held.name, held.value)
        stack += (None, *reversed(node.children))
    blob = writer.as_fdt()
    blob.pack()
    return bytes(blob.as_bytearray())


def cells(*numbers: int) -> bytes:
    """Numbers as cells of 32 bits."""
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def pairs(*numbers: int) -> bytes:
    """Numbers as two cells each: addresses and sizes."""
    return b"".join(number.to_bytes(8, "big") for number in numbers)


def text(*values: str) -> bytes:
    """A list of strings."""
    return b"".join(value.encode() + b"\0" for value in values)


def node(name: str, properties: dict[str, bytes], *children: Node) -> Node:
    """A node that does not come from a file. `under` sets its path."""
    held = {key: Property(key, value, _HERE, _HERE) for key, value in properties.items()}
    return Node(name, "", _HERE, held, children)
