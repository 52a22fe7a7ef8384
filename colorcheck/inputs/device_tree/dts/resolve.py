"""dtc's processing of a merged tree: checks that are errors, phandles, references, omitted nodes, symbols, fixups.

The order is dtc's, because some steps change what a later one sees. dtc stops at the first kind of error; here all
are collected.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Generator, Iterator

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.dtc import NEWEST, Dtc
from colorcheck.inputs.device_tree.dts.live import LiveNode, LiveTree
from colorcheck.inputs.device_tree.dts.plain import MarkerKind
from colorcheck.inputs.device_tree.dts.row import PlaceOfNode, Row
from colorcheck.inputs.device_tree.dts.values import Label, LiveProperty, Marker

_BAD_NODE = re.compile(r"[^a-zA-Z0-9,._+\-@]")
_BAD_PROPERTY = re.compile(r"[^a-zA-Z0-9,._+*#?-]")
_GOOD_NODE = re.compile(r"[a-zA-Z0-9,._+-]*+(?:@[a-zA-Z0-9,._+-]*+)?")
_NO_PHANDLE = (0, 0xFFFFFFFF)


def resolve(tree: LiveTree, symbols: bool, dtc: Dtc = NEWEST) -> list[Problem]:
    """Bring the tree into its final form; returns problems."""
    problems: list[Problem] = []
    nodes = list(tree.root.walk())
    checked = _Checked()
    for node in nodes:
        above = node.parent
        node.path = "/" if above is None else f"/{node.name}" if above.parent is None else f"{above.path}/{node.name}"
        problems += checked.problems(node)
    marked = [(node, held) for node in nodes for held in node.properties if held.markers and not held.deleted]
    problems += _duplicate_labels(nodes)
    phandles = Phandles(tree)
    problems += phandles.explicit(nodes)
    targets = Targets(tree)
    for node, held in marked:
        problems += _fill_phandles(tree, targets, phandles, node, held)
    for node, held in marked:
        problems += _fill_paths(targets, node, held)
    for node in tree.root.walk():
        if node.omit and not node.referenced and not (symbols and node.labels):
            if node is tree.root:
                problems.append(_error("the root of the tree cannot be left out", node.location))
            node.delete()
    if symbols:
        _add_symbols(tree, phandles)
    if tree.plugin:
        problems += _add_fixups(tree, dtc)
    return problems


def _error(message: str, location: Location, advice: str = "") -> Problem:
    return Problem(ProblemKind.SEMANTIC, message, location, advice)


class Targets(dict[str, "LiveNode | None"]):
    """The node that each reference means, as long as no node is added or deleted."""

    def __init__(self, tree: LiveTree) -> None:
        super().__init__()
        self.tree = tree

    def __missing__(self, reference: str) -> LiveNode | None:
        found = self[reference] = self.tree.find(reference)
        return found


class _Checked:
    """Checks names; the same few come again and again."""

    def __init__(self) -> None:
        self.properties: set[str] = set()

    def problems(self, node: LiveNode) -> list[Problem]:
        known = node.first_properties.keys()
        if (
            known <= self.properties
            and _GOOD_NODE.fullmatch(node.name)
            and len(known) == len(node.properties)
            and len(node.first_children) == len(node.children)
        ):
            return []
        found = list(_names(node))
        if not found:
            self.properties.update([held.name for held in node.live_properties() if held.name != "name"])
        return found


def _names(node: LiveNode) -> Iterator[Problem]:
    seen: set[str] = set()
    for child in node.children:
        # A deletion behind a node of its own body deletes nothing; dtc counts it as a second node of that name.
        if child.name in seen:
            yield _error(f"{_join(node, child.name)}: Duplicate node name", child.location)
        if not child.deleted:
            seen.add(child.name)
    seen.clear()
    for held in node.live_properties():
        if held.name in seen:
            yield _error(f"{node.path}: Duplicate property name {held.name}", held.location)
        seen.add(held.name)
        if bad := _BAD_PROPERTY.search(held.name):
            yield _error(f"Bad character '{bad[0]}' in property name {held.name}", held.location)
    if bad := _BAD_NODE.search(node.name):
        yield _error(f"Bad character '{bad[0]}' in node name {node.name}", node.location)
    if node.name.count("@") > 1:
        yield _error(f"multiple '@' characters in node name {node.name}", node.location)
    yield from _name_property(node)


def _join(node: LiveNode, name: str) -> str:
    return f"{node.path.rstrip('/')}/{name}"


def _name_property(node: LiveNode) -> Iterator[Problem]:
    """The old `name` property must say the node's name, even if it is deleted, and is then left out."""
    held = node.first_properties.get("name")
    if held is None:
        return
    if held.value == node.name.partition("@")[0].encode() + b"\0":
        held.deleted = True
    else:
        yield _error(f"{node.path}: property name is not the node's own name without its unit address", held.location)


def _duplicate_labels(nodes: list[LiveNode]) -> Iterator[Problem]:
    """A label must be one thing's only, whether it names a node, a property or a place in a value."""
    seen: dict[str, tuple[object, str]] = {}
    for node in nodes:
        places: list[tuple[object, Label | Marker, str]] = []
        if node.labels:
            places += ((node, x, f"node {node.path}") for x in node.labels if not x.deleted)
        for held in node.properties:
            if (held.labels or held.markers) and not held.deleted:
                what = f"property {held.name} of {node.path}"
                places += ((held, x, what) for x in held.labels if not x.deleted)
                places += ((x, x, what) for x in held.markers if x.kind is MarkerKind.LABEL)
        for thing, label, what in places:
            first, described = seen.setdefault(label.name, (thing, what))
            if first is not thing:
                yield _error(f"Duplicate label '{label.name}' on {what} and {described}", label.location)


class Phandles:
    """The phandles of nodes, and the next free one."""

    def __init__(self, tree: LiveTree) -> None:
        self.tree = tree
        self.owners: dict[int, LiveNode] = {}
        self._next = 1

    def explicit(self, nodes: list[LiveNode]) -> Iterator[Problem]:
        """Register the phandles that the source gives."""
        for node in nodes:
            if "phandle" not in node.first_properties and "linux,phandle" not in node.first_properties:
                continue
            phandle = yield from self._given(node, "phandle")
            legacy = yield from self._given(node, "linux,phandle")
            if phandle and legacy and phandle != legacy:
                yield _error(f"{node.path}: mismatching 'phandle' and 'linux,phandle' properties", node.location)
            number = phandle or legacy
            if not number:
                continue
            owner = self.owners.setdefault(number, node)
            if owner is node:
                node.phandle = number
            else:
                what = f"{node.path}: duplicated phandle {number:#x} (seen before at {owner.path})"
                yield _error(what, (node.property("phandle") or node.property("linux,phandle") or node).location)

    def _given(self, node: LiveNode, name: str) -> Generator[Problem, None, int]:
        held = node.property(name)
        if held is None:
            return 0
        if len(held.value) != 4:
            yield _error(f"{node.path}: bad length ({len(held.value)}) of {name} property", held.location)
            return 0
        for marker in held.markers:
            if marker.kind is MarkerKind.PHANDLE:
                if self.tree.find(marker.name) is not node:
                    yield _error(f"{node.path}: {name} is a reference to another node", marker.location)
                return 0
        number = int.from_bytes(held.value, "big")
        if number in _NO_PHANDLE:
            yield _error(f"{node.path}: bad value ({number:#x}) in {name} property", held.location)
            return 0
        return number

    def of(self, node: LiveNode) -> int:
        """The node's number; a node without one is given the next that is free, and a property that says it."""
        if node.phandle:
            return node.phandle
        while self._next in self.owners and not self.owners[self._next].deleted:
            self._next += 1
        node.phandle = self._next
        self.owners[self._next] = node
        if node.property("phandle") is None:
            cell = struct.pack(">I", node.phandle)
            place = node.place
            if isinstance(place, Row):
                node.add_property(LiveProperty("phandle", cell, PlaceOfNode(place, node.number), 0, None))
            else:
                node.add_property(LiveProperty("phandle", cell, place, place))
        return node.phandle


def _fill_phandles(
    tree: LiveTree, targets: Targets, phandles: Phandles, node: LiveNode, held: LiveProperty
) -> list[Problem]:
    value = bytearray(held.value)
    problems = []
    for marker in held.markers:
        if marker.kind is not MarkerKind.PHANDLE:
            continue
        target = targets[marker.name]
        if target is not None:
            target.referenced = True
            offset = marker.offset
            value[offset : offset + 4] = (target.phandle or phandles.of(target)).to_bytes(4, "big")
        elif not tree.plugin:
            problems.append(_missing(marker, node))
    held.value = bytes(value)
    return problems


def _missing(marker: Marker, node: LiveNode) -> Problem:
    what = f'{node.path}: Reference to non-existent node or label "{marker.name}"'
    return _error(what, marker.location, "define the label, or correct its spelling")


def _fill_paths(targets: Targets, node: LiveNode, held: LiveProperty) -> Iterator[Problem]:
    if not any(marker.kind is MarkerKind.PATH for marker in held.markers):
        return
    pieces: list[bytes] = []
    done = grown = 0
    for marker in held.markers:
        marker.offset += grown
        if marker.kind is not MarkerKind.PATH:
            continue
        target = targets[marker.name]
        if target is None:
            yield _missing(marker, node)
            continue
        target.referenced = True
        before = marker.offset - grown
        path = target.path.encode() + b"\0"
        pieces += (held.value[done:before], path)
        done = before
        grown += len(path)
    held.value = b"".join((*pieces, held.value[done:]))


def _own_child(node: LiveNode, name: str) -> LiveNode:
    """The child of that name, created if there is none."""
    child = node.child(name)
    if child is None:
        child = LiveNode(name, node.location)
        node.add_child(child)
        child.path = _join(node, name)
    return child


def _append(node: LiveNode, name: str, data: bytes) -> None:
    held = node.property(name)
    if held is None:
        held = LiveProperty(name, b"", node.location, node.location)
        node.add_property(held)
    held.value += data


def _add_symbols(tree: LiveTree, phandles: Phandles) -> None:
    """`__symbols__`: the path of every labelled node, all of which get a phandle (dtc's `-@`)."""
    if not any(node.labels for node in tree.root.walk()):
        return
    names = _own_child(tree.root, "__symbols__")
    for node in tree.root.walk():
        for label in node.labels:
            if not label.deleted and names.property(label.name) is None:
                _append(names, label.name, node.path.encode() + b"\0")
        if node.labels:
            phandles.of(node)


def _add_fixups(tree: LiveTree, dtc: Dtc) -> Iterator[Problem]:
    """Where an overlay's references are: in `__fixups__` those to labels elsewhere, in `__local_fixups__` its own."""
    outside: list[tuple[LiveNode, LiveProperty, Marker]] = []
    inside: list[tuple[LiveNode, LiveProperty, Marker]] = []
    for node in tree.root.walk():
        for held in node.live_properties():
            for marker in held.markers:
                if marker.kind is MarkerKind.PHANDLE:
                    (outside if tree.find(marker.name) is None else inside).append((node, held, marker))
    if outside:
        names = _own_child(tree.root, "__fixups__")
        for node, held, marker in outside:
            if dtc.refuses_fixups_of_paths and "/" in marker.name:
                what = f"&{{{marker.name}}} is not a node of this overlay, and a fixup cannot refer to a path"
                yield _error(what, marker.location, "refer to a label")
                continue
            entry = f"{node.path}:{held.name}:{marker.offset}\0".encode()
            known = names.property(marker.name)
            if not dtc.adds_to_fixups or known is None or entry[:-1] not in known.value.split(b"\0"):
                _append(names, marker.name, entry)
    if inside:
        local = _own_child(tree.root, "__local_fixups__")
        for node, held, marker in inside:
            mirrored = local
            for part in filter(None, node.path.split("/")):
                mirrored = _own_child(mirrored, part)
            entry, known = struct.pack(">I", marker.offset), mirrored.property(held.name)
            if not dtc.adds_to_fixups or known is None or entry not in _cells(known.value):
                _append(mirrored, held.name, entry)


def _cells(value: bytes) -> tuple[bytes, ...]:
    return tuple(value[at : at + 4] for at in range(0, len(value), 4))
