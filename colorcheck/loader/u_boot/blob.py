"""Device tree blobs in memory: compiled from a tree as dtc lays it out, changed by libfdt, and read back.

libfdt itself does the changes, so that what fits and what does not, and where it ends up, is as on the board.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct, field

from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property

MAGIC = b"\xd0\x0d\xfe\xed"
HEADER = 40
_DEEP = 200  # levels that every reader takes
_NODE_NAME = re.compile(rb"[!-.0-~]+")
_PROPERTY_NAME = re.compile(rb"[!-~]+")
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
    """A blob read back: paths in the tree's order, each with its properties; and the memory reservations. `plain` where
    every reader takes it as it is here: names of the usual letters, each once, and nothing behind its place."""

    nodes: Mapping[str, Mapping[str, bytes]]
    reservations: tuple[tuple[int, int], ...]
    boot_cpu: int
    size: int
    plain: bool = False


def read_content(data: bytes | bytearray) -> Content | None:
    """The content of a blob, whatever its names; None if it is damaged."""
    return _content(bytes(data))


@lru_cache(maxsize=2)
def _content(data: bytes) -> Content | None:
    try:
        head = struct.unpack_from(">10I", data)
        if head[0] != 0xD00DFEED:
            return None
        nodes, plain = _nodes(data, head[2], head[3])
        reservations = []
        for address, size in struct.iter_unpack(">QQ", data[head[4] : head[4] + (head[2] - head[4]) // 16 * 16]):
            if not address and not size:
                break
            reservations.append((address, size))
    except (struct.error, IndexError, ValueError):
        return None
    return None if nodes and "/" not in nodes else Content(nodes, tuple(reservations), head[7], head[1], plain)


def _nodes(data: bytes, at: int, names: int) -> tuple[dict[str, dict[str, bytes]], bool]:
    """The nodes by their paths, and whether all are plain. Raises what reading behind the end raises."""
    word, two = struct.Struct(">I").unpack_from, struct.Struct(">II").unpack_from
    found: dict[str, dict[str, bytes]] = {}
    spelled: dict[int, str] = {}
    before: list[str] = []  # what is in front of the names of children, for each node that is open
    here: dict[str, bytes] = {}
    plain, closed = True, True
    while True:
        token = word(data, at)[0]
        at += 4
        if token == _PROPERTY:
            length, start = two(data, at)
            name = spelled.get(start)
            if name is None:
                raw = data[names + start : data.index(b"\0", names + start)]
                name = spelled[start] = raw.decode("utf-8", "surrogateescape")
                plain = plain and _PROPERTY_NAME.fullmatch(raw) is not None
            plain = plain and not closed and name not in here and at + 8 + length <= len(data)
            here[name] = data[at + 8 : at + 8 + length]
            at += 8 + ((length + 3) & ~3)
        elif token == _BEGIN:
            end = data.index(b"\0", at)
            raw = data[at:end]
            path = before[-1] + raw.decode("utf-8", "surrogateescape") if before else "/"
            plain = plain and path not in found and len(before) < _DEEP
            plain = plain and (not before or _NODE_NAME.fullmatch(raw) is not None)
            before.append(f"{path}/" if before else "/")
            at = (end + 4) & ~3
            here, closed = {}, False
            found[path] = here
        elif token == _END:
            before.pop()
            closed = True
        elif token != _NOTHING:
            return found, plain


def is_plain(data: bytes | bytearray, content: Content) -> bool:
    """Whether the reader of blobs finds no fault with one of which this is the content; False where that is not known
    without asking it."""
    import libfdt

    head = struct.unpack_from(">10I", data)
    fits = HEADER <= head[1] <= len(data) and head[5] >= 16 and head[6] <= 17
    return content.plain and fits and libfdt.fdt_check_full(bytearray(data[: head[1]]), head[1]) >= 0


class NodePool:
    """Nodes that trees have in common: what is the same in all its parts is made once."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[object, ...], Node] = {}

    def node(self, path: str, place: Location, properties: dict[str, Property], children: tuple[Node, ...]) -> Node:
        """The node of these very parts, which it keeps alive, so that their identities stay theirs."""
        key = (path, id(place), tuple(map(id, properties.values())), tuple(map(id, children)))
        if key not in self._nodes:
            self._nodes[key] = Node(path.rpartition("/")[2], path, place, properties, children)
        return self._nodes[key]


def tree_of(content: Content, side: Side, file: str, pool: NodePool | None = None) -> DeviceTree:
    """The tree in a blob as a DeviceTree, each part with its origin. Those of one `pool`
    share what they have in common."""
    pool = pool or NodePool()
    names = list(content.nodes)
    children: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        if name != "/":
            children.setdefault(name.rpartition("/")[0] or "/", []).append(name)

    def node(path: str) -> Node:
        properties = {name: _property(path, name, value, side, file) for name, value in content.nodes[path].items()}
        place = side.nodes.get(path) or Location(file, node=path)
        return pool.node(path, place, properties, tuple(node(child) for child in children[path]))

    return DeviceTree(file, node("/"), content.reservations, (file,), (), boot_cpu=content.boot_cpu, size=content.size)


def _property(path: str, name: str, value: bytes, side: Side, file: str) -> Property:
    known = side.properties.get((path, name))
    if known is not None and known.value == value:
        return known
    place = known.location if known else Location(file, node=path, property=name)
    return Property(name, value, place, known.value_location if known else place)
