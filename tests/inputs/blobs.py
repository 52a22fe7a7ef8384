"""Device tree blobs for tests, written with libfdt so that no test needs dtc."""

from __future__ import annotations

import struct

import libfdt

from colorcheck.inputs.device_tree.tree import DeviceTree, Node


def blob(tree: DeviceTree, version: int = 17) -> bytes:
    """The tree as a blob."""
    writer = libfdt.FdtSw()
    writer.INC_SIZE = 1 << 20
    for address, size in tree.memory_reservations:
        writer.add_reservemap_entry(address, size)
    writer.finish_reservemap()
    _add(writer, tree.root)
    data = bytearray(writer.as_fdt().as_bytearray())
    data = data[: struct.unpack_from(">I", data, 4)[0]]
    struct.pack_into(">I", data, 20, version)
    return bytes(data)


def _add(writer: libfdt.FdtSw, node: Node) -> None:
    writer.begin_node(node.name)
    for held in node.properties.values():
        writer.property(held.name, held.value)
    for child in node.children:
        _add(writer, child)
    writer.end_node()


def contents(tree: DeviceTree) -> list[tuple[str, list[tuple[str, bytes]]]]:
    """Everything in the tree, in its order, without places."""
    return [(node.path, [(name, p.value) for name, p in node.properties.items()]) for node in tree.root.walk()]
