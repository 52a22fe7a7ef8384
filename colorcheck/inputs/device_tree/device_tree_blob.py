"""Reads device tree blobs (.dtb, .dtbo) of the versions 16 and 17.

Layout and limits: Devicetree Specification 0.4, chapter 5.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property

MAGIC = b"\xd0\x0d\xfe\xed"
DEEPEST = 256
_HEADER = 40
_BEGIN_NODE, _END_NODE, _PROPERTY, _NOTHING = 1, 2, 3, 4
_SPELLS_STRINGS = pattern(rb"(?:[\t\n\r\x20-\x7e\x80-\xff]+\0)+")
_NODE_NAME = pattern(r"[!-.0-~]+")
_PROPERTY_NAME = re.compile(r"[!-~]+")


class BlobTree(Struct, frozen=True):
    """The result of reading a blob: the tree, None if it is damaged."""

    tree: DeviceTree | None
    errors: tuple[Problem, ...]


def read_blob(path: str, data: bytes) -> BlobTree:
    """The tree in a blob; what is wrong with it carries the node (and property) up to which it could be read.

    libfdt judges the blob as a whole; its Python binding crashes on damaged names, so the nodes are not read with it.
    """
    import libfdt

    fault = _header_fault(path, data)
    if fault:
        return BlobTree(None, (fault,))
    data = data[: _word(data, 4)]
    reader = _Reader(path, data)
    try:
        root = reader.read()
        if libfdt.fdt_check_full(bytearray(data), len(data)) < 0:
            raise _DamagedError("the data after the last node is malformed")
    except _DamagedError as error:
        reader.fault(ProblemKind.DAMAGED, f"the blob is damaged: {error}", reader.last)
    if reader.problems:
        return BlobTree(None, tuple(reader.problems))
    reservations = tuple(_reservations(data))
    tree = DeviceTree(path, root, reservations, (path,), (), _word(data, 20), _word(data, 28), len(data))
    return BlobTree(tree, ())


def _word(data: bytes, offset: int) -> int:
    """The big-endian 32-bit number at an offset."""
    if not 0 <= offset <= len(data) - 4:
        raise _DamagedError("it ends in the middle of a node")
    found: int = struct.unpack_from(">I", data, offset)[0]
    return found


def _header_fault(path: str, data: bytes) -> Problem | None:
    """Faults of the header that libfdt does not notice or report."""
    where = Location(path)
    if data[:4] != MAGIC:
        return Problem(ProblemKind.UNREADABLE, "not a device tree blob: it does not start with d00dfeed", where)
    if len(data) < _HEADER:
        return Problem(ProblemKind.CUT_OFF, f"the blob is truncated inside its header, after {len(data)} bytes", where)
    size, version, oldest = (_word(data, offset) for offset in (4, 20, 24))
    if version < 16 or oldest > 17:
        what = f"a blob of version {version} (readable as {oldest}); Xen and Linux read 16 and 17"
        return Problem(ProblemKind.VERSION, what, where, "compile the tree again with a current dtc")
    if size > len(data):
        what = f"the blob is truncated: its header says {size} bytes, the file has {len(data)}"
        return Problem(ProblemKind.CUT_OFF, what, where, "copy the whole file")
    if size < _HEADER:
        return Problem(ProblemKind.DAMAGED, f"the blob is damaged: its header says a size of {size} bytes", where)
    return None


def _reservations(data: bytes) -> Iterator[tuple[int, int]]:
    """The (address, size) entries up to the first of size 0."""
    at = _word(data, 16)
    while entry := (data[at : at + 16] if len(data[at : at + 16]) == 16 else b""):
        address, size = struct.unpack(">QQ", entry)
        if not size:
            return
        yield address, size
        at += 16


class _Draft(Struct):
    name: str
    path: str
    properties: dict[str, Property]
    children: dict[str, _Draft] = field(default_factory=dict)


class _DamagedError(Exception):
    pass


class _Reader:
    """Reads the structure block; `last` is the place that was reached."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.last = Location(path)
        self.problems: list[Problem] = []
        self.at = _word(data, 8)
        self.names = _word(data, 12)

    def fault(self, kind: ProblemKind, message: str, where: Location) -> None:
        self.problems.append(Problem(kind, message, where))

    def read(self) -> Node:
        chain: list[_Draft] = []
        while True:
            token = self._next()
            if token == _BEGIN_NODE:
                if len(chain) > DEEPEST:
                    self.fault(ProblemKind.TOO_DEEP, f"nodes nested deeper than {DEEPEST} levels", self.last)
                    break
                chain.append(self._node(chain[-1] if chain else None))
            elif token == _PROPERTY and chain:
                if chain[-1].children:
                    raise _DamagedError(f"a property of {chain[-1].path} is behind a node below it")
                self._property(chain[-1])
            elif token == _END_NODE and len(chain) > 1:
                chain.pop()
                self.last = Location(self.path, node=chain[-1].path)
            elif token == _END_NODE and chain:
                break
            elif token != _NOTHING:
                raise _DamagedError(f"{token:#x} is where a node or a property should start")
        return _finish(chain[0], self.path)

    def _next(self) -> int:
        self.at += 4
        return _word(self.data, self.at - 4)

    def _name(self, start: int) -> str:
        end = self.data.find(b"\0", start)
        if end < 0 or start > len(self.data):
            raise _DamagedError("a name has no end")
        return self.data[start:end].decode("latin-1")

    def _node(self, parent: _Draft | None) -> _Draft:
        name = self._name(self.at)
        self.at += (len(name) + 4) & ~3
        if parent is None:
            self.last = Location(self.path, node="/")
            return _Draft("", "/", {})
        path = f"{parent.path.rstrip('/')}/{name}"
        if not _NODE_NAME.fullmatch(name):
            raise _DamagedError(f"a node has the name {name!a}")
        self.last = Location(self.path, node=path)
        if name in parent.children:
            self.fault(ProblemKind.SEMANTIC, f"{path}: Duplicate node name", self.last)
        child = parent.children[name] = _Draft(name, path, {})
        return child

    def _property(self, node: _Draft) -> None:
        length, name = self._next(), self._name(self.names + self._next())
        if not _PROPERTY_NAME.fullmatch(name):
            raise _DamagedError(f"a property has the name {name!a}")
        self.last = where = Location(self.path, node=node.path, property=name)
        value = self.data[self.at : self.at + length]
        if len(value) < length:
            raise _DamagedError(f"{name} has fewer than its {length} bytes")
        self.at += (length + 3) & ~3
        if name in node.properties:
            self.fault(ProblemKind.SEMANTIC, f"{node.path}: Duplicate property name {name}", where)
        node.properties[name] = _property(name, value, where)


def _property(name: str, value: bytes, where: Location) -> Property:
    strings: tuple[Passage, ...] = ()
    if _SPELLS_STRINGS.fullmatch(value):
        strings = tuple(Passage(text, where) for text in value.decode("latin-1")[:-1].split("\0"))
    return Property(name, value, where, where, strings)


def _finish(draft: _Draft, path: str) -> Node:
    children = tuple(_finish(child, path) for child in draft.children.values())
    return Node(draft.name, draft.path, Location(path, node=draft.path), draft.properties, children)
