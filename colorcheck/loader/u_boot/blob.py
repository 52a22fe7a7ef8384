"""Device tree blobs in memory: compiled from a tree as dtc lays it out, changed by libfdt, and read back.

libfdt itself does the changes, so that what fits and what does not, and where it ends up, is as on the board.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property

MAGIC = b"\xd0\x0d\xfe\xed"
HEADER = 40
_BEGIN, _END, _PROPERTY, _NOTHING, _LAST = 1, 2, 3, 4, 9


class Side(Struct):
    """Data that is not in a blob's bytes: the origin of each node and property, and the open values.

    Keys are paths, and pairs of a path and a property's name. `unsure` are properties with an open value, by the
    number of the open fact.
    """

    nodes: dict[str, Location] = field(default_factory=dict)
    properties: dict[tuple[str, str], Property] = field(default_factory=dict)
    unsure: dict[tuple[str, str], int] = field(default_factory=dict)
    followed: set[tuple[str, str]] = field(default_factory=set)

    def copy(self) -> Side:
        return Side(dict(self.nodes), dict(self.properties), dict(self.unsure), set(self.followed))

    def forget(self, path: str) -> None:
        """Remove the data of a node and of all nodes below it."""
        below = f"{path.rstrip('/')}/"
        for node in [n for n in self.nodes if n == path or n.startswith(below)]:
            del self.nodes[node]
        for key in [k for k in self.properties if k[0] == path or k[0].startswith(below)]:
            del self.properties[key]
            self.unsure.pop(key, None)
            self.followed.discard(key)


def compile_tree(tree: DeviceTree, size: int | None = None) -> bytes:
    """The blob of a tree, of version 17, padded to `size` bytes as dtc's -p does it."""
    names = bytearray()
    offsets: dict[str, int] = {}

    def offset(name: str) -> int:
        if name not in offsets:
            wanted = name.encode("latin-1", "replace") + b"\0"
            found = names.find(wanted)
            if found < 0:
                found = len(names)
                names.extend(wanted)
            offsets[name] = found
        return offsets[name]

    parts: list[bytes] = []
    stack: list[Node | None] = [tree.root]
    while stack:
        node = stack.pop()
        if node is None:
            parts.append(struct.pack(">I", _END))
            continue
        name = node.name.encode("latin-1", "replace") + b"\0"
        parts += struct.pack(">I", _BEGIN), name, bytes(-len(name) % 4)
        for held in node.properties.values():
            parts.append(struct.pack(">III", _PROPERTY, len(held.value), offset(held.name)))
            parts += held.value, bytes(-len(held.value) % 4)
        stack.append(None)
        stack += reversed(node.children)
    parts.append(struct.pack(">I", _LAST))
    structure = b"".join(parts)
    reserved = b"".join(struct.pack(">QQ", a, s) for a, s in (*tree.memory_reservations, (0, 0)))
    at = HEADER + len(reserved)
    total = at + len(structure) + len(names)
    whole = max(total, size or 0)
    head = struct.pack(
        ">10I", 0xD00DFEED, whole, at, at + len(structure), HEADER, 17, 16, tree.boot_cpu, len(names), len(structure)
    )
    return b"".join((head, reserved, structure, bytes(names), bytes(whole - total)))


def side_of(tree: DeviceTree) -> Side:
    """Where everything in a tree is."""
    side = Side()
    for node in tree.root.walk():
        side.nodes[node.path] = node.location
        for held in node.properties.values():
            side.properties[node.path, held.name] = held
    return side


class Content(Struct, frozen=True):
    """A blob read back: paths in the tree's order, each with its properties; and the memory reservations."""

    nodes: Mapping[str, Mapping[str, bytes]]
    reservations: tuple[tuple[int, int], ...]
    boot_cpu: int
    size: int


def read_content(data: bytes | bytearray) -> Content | None:
    """The content of a blob, whatever its names; None if it is damaged."""
    try:
        head = struct.unpack_from(">10I", data)
        if head[0] != 0xD00DFEED:
            return None
        nodes = dict(_nodes(data, head[2], head[3]))
        reservations = []
        for address, size in struct.iter_unpack(">QQ", data[head[4] : head[4] + (head[2] - head[4]) // 16 * 16]):
            if not address and not size:
                break
            reservations.append((address, size))
    except (struct.error, IndexError, ValueError):
        return None
    return None if nodes and "/" not in nodes else Content(nodes, tuple(reservations), head[7], head[1])


def _nodes(data: bytes | bytearray, at: int, names: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    path: list[str] = []
    properties: dict[str, bytes] = {}
    while True:
        token = struct.unpack_from(">I", data, at)[0]
        at += 4
        if token == _BEGIN:
            end = data.index(b"\0", at)
            path.append(data[at:end].decode("utf-8", "surrogateescape"))
            at = (end + 4) & ~3
            properties = {}
            yield ("/" + "/".join(path[1:])), properties
        elif token == _END:
            path.pop()
        elif token == _PROPERTY:
            length, name = struct.unpack_from(">II", data, at)
            end = data.index(b"\0", names + name)
            properties[data[names + name : end].decode("utf-8", "surrogateescape")] = bytes(
                data[at + 8 : at + 8 + length]
            )
            at += 8 + ((length + 3) & ~3)
        elif token != _NOTHING:
            return


def tree_of(content: Content, side: Side, file: str) -> DeviceTree:
    """The tree in a blob as a DeviceTree, each part with its origin."""
    names = list(content.nodes)
    children: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        if name != "/":
            children.setdefault(name.rpartition("/")[0] or "/", []).append(name)

    def node(path: str) -> Node:
        properties = {name: _property(path, name, value, side, file) for name, value in content.nodes[path].items()}
        place = side.nodes.get(path) or Location(file, node=path)
        return Node(path.rpartition("/")[2], path, place, properties, tuple(node(child) for child in children[path]))

    return DeviceTree(file, node("/"), content.reservations, (file,), (), boot_cpu=content.boot_cpu, size=content.size)


def _property(path: str, name: str, value: bytes, side: Side, file: str) -> Property:
    known = side.properties.get((path, name))
    if known is not None and known.value == value:
        return known
    place = known.location if known else Location(file, node=path, property=name)
    return Property(name, value, place, known.value_location if known else place)
