"""Reads device tree blobs (.dtb, .dtbo) of the versions 16 and 17, through libfdt.

Layout and limits: Devicetree Specification 0.4, chapter 5.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from colorcheck.diagnostic import Problem
from colorcheck.inputs.tree import DeviceTree, Node, Property
from colorcheck.source import Location, Passage

if TYPE_CHECKING:
    import libfdt

MAGIC = b"\xd0\x0d\xfe\xed"
DEEPEST = 256
_HEADER = 40
_SPELLS_STRINGS = re.compile(rb"(?:[\t\n\r\x20-\x7e\x80-\xff]+\0)+")
_NODE_NAME = re.compile(r"[^/\x00-\x20\x7f-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class BlobTree:
    """What became of a blob: the tree, none where it is damaged."""

    tree: DeviceTree | None
    errors: tuple[Problem, ...]


def read_blob(path: str, data: bytes) -> BlobTree:
    """The tree in a blob; what is wrong with it carries the node (and property) up to which it could be read."""
    fault = _header_fault(path, data)
    if fault:
        return BlobTree(None, (fault,))
    import libfdt

    version, size = struct.unpack_from(">I", data, 20)[0], struct.unpack_from(">I", data, 4)[0]
    reader = _Reader(path, data[:size])
    try:
        root = reader.read()
        reservations = tuple(_reservations(reader.fdt))
        if libfdt.fdt_check_full(reader.fdt.as_bytearray(), size) < 0:
            reader.fault("damaged", "the blob is damaged behind this node", reader.last)
    except libfdt.FdtException as error:
        reader.fault("damaged", f"the blob is damaged here: {libfdt.strerror(error.err)}", reader.last)
    if reader.problems:
        return BlobTree(None, tuple(reader.problems))
    boot_cpu = reader.fdt.boot_cpuid_phys()
    return BlobTree(DeviceTree(path, root, reservations, (path,), (), version, boot_cpu, size), ())


def _header_fault(path: str, data: bytes) -> Problem | None:
    """What libfdt would not notice about the header, or not say."""
    where = Location(path)
    if data[:4] != MAGIC:
        return Problem("unreadable", "not a device tree blob: it does not begin with d00dfeed", where)
    if len(data) < _HEADER:
        return Problem("cut-off", f"the blob is cut off inside its header, after {len(data)} bytes", where)
    size, version, oldest = (struct.unpack_from(">I", data, offset)[0] for offset in (4, 20, 24))
    if version < 16 or oldest > 17:
        what = f"a blob of version {version} (readable as {oldest}); Xen and Linux read 16 and 17"
        return Problem("version", what, where, "compile the tree again with a current dtc")
    if size > len(data):
        what = f"the blob is cut off: its header says {size} bytes, the file has {len(data)}"
        return Problem("cut-off", what, where, "copy the whole file")
    return None


def _reservations(fdt: libfdt.FdtRo) -> Iterator[tuple[int, int]]:
    for index in range(fdt.num_mem_rsv()):
        address, size = fdt.get_mem_rsv(index)
        yield address, size


@dataclass(slots=True)
class _Draft:
    name: str
    path: str
    properties: dict[str, Property]
    children: dict[str, _Draft] = field(default_factory=dict)


class _Reader:
    """Walks the structure block; `last` is the place that was reached."""

    def __init__(self, path: str, data: bytes) -> None:
        import libfdt

        self.path = path
        self.last = Location(path)
        self.problems: list[Problem] = []
        self.fdt = libfdt.FdtRo(data)
        self.not_found = (libfdt.NOTFOUND,)

    def fault(self, kind: str, message: str, where: Location) -> None:
        self.problems.append(Problem(kind, message, where))

    def read(self) -> Node:
        chain = [self._draft(0, "", "/")]
        offset, depth = self.fdt.next_node(0, 0, self.not_found)
        while offset >= 0 and depth > 0:
            if depth > DEEPEST:
                self.fault("too-deep", f"nodes nested deeper than {DEEPEST} levels", self.last)
                break
            del chain[depth:]
            chain.append(self._child(chain[-1], offset))
            offset, depth = self.fdt.next_node(offset, depth, self.not_found)
        return _finish(chain[0], self.path)

    def _child(self, parent: _Draft, offset: int) -> _Draft:
        name = self.fdt.get_name(offset)
        child = self._draft(offset, name, f"{parent.path.rstrip('/')}/{name}")
        if not _NODE_NAME.fullmatch(name):
            self.fault("semantic", f"bad node name {name!a}", Location(self.path, node=parent.path))
        elif name in parent.children:
            self.fault("semantic", f"{child.path}: Duplicate node name", Location(self.path, node=child.path))
        parent.children[name] = child
        return child

    def _draft(self, offset: int, name: str, path: str) -> _Draft:
        self.last = Location(self.path, node=path)
        properties: dict[str, Property] = {}
        at = self.fdt.first_property_offset(offset, self.not_found)
        while at >= 0:
            read = self.fdt.get_property_by_offset(at)
            self.last = where = Location(self.path, node=path, property=read.name)
            if read.name in properties:
                self.fault("semantic", f"{path}: Duplicate property name {read.name!a}", where)
            properties[read.name] = _property(read.name, bytes(read), where)
            at = self.fdt.next_property_offset(at, self.not_found)
        return _Draft(name, path, properties)


def _property(name: str, value: bytes, where: Location) -> Property:
    strings: tuple[Passage, ...] = ()
    if _SPELLS_STRINGS.fullmatch(value):
        strings = tuple(Passage(text, where) for text in value.decode("latin-1")[:-1].split("\0"))
    return Property(name, value, where, where, strings)


def _finish(draft: _Draft, path: str) -> Node:
    children = tuple(_finish(child, path) for child in draft.children.values())
    return Node(draft.name, draft.path, Location(path, node=draft.path), draft.properties, children)
