"""The tree while it is being built: definitions merged in the order in which they appear, as dtc does it.

What is deleted stays in the lists, marked, because a later definition of the same name gets its old position.
"""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.dts.plain import MarkerKind
from colorcheck.inputs.device_tree.dts.row import Row, bare
from colorcheck.inputs.device_tree.dts.syntax import (
    Body,
    Definition,
    Deletion,
    NodeSyntax,
    Omission,
    PropertySyntax,
    Source,
    end_of,
    start_of,
)
from colorcheck.inputs.device_tree.dts.text import SourceText
from colorcheck.inputs.device_tree.dts.values import Label, LiveProperty, Marker, ValueReader

# Linux unflattens 64 levels, Xen's early reader 16.
DEEPEST = 256


class LiveNode:
    """A node that can still change. `first_*` hold the first property and child of each name, deleted or not."""

    __slots__ = (
        "children", "deleted", "first_children", "first_properties", "labels", "name", "number", "omit", "parent",
        "path", "phandle", "place", "properties", "referenced",
    )  # fmt: skip

    def __init__(self, name: str, place: Location | Row, number: int = 0) -> None:
        self.name = name
        self.place = place
        self.number = number
        self.labels: list[Label] = []
        self.properties: list[LiveProperty] = []
        self.children: list[LiveNode] = []
        self.first_properties: dict[str, LiveProperty] = {}
        self.first_children: dict[str, LiveNode] = {}
        self.parent: LiveNode | None = None
        self.path = ""
        self.phandle = 0
        self.deleted = self.omit = self.referenced = False

    @property
    def location(self) -> Location:
        place = self.place
        return place.location(self.number) if isinstance(place, Row) else place

    def add_property(self, added: LiveProperty) -> None:
        self.properties.append(added)
        self.first_properties.setdefault(added.name, added)

    def add_child(self, child: LiveNode) -> None:
        child.parent = self
        self.children.append(child)
        self.first_children.setdefault(child.name, child)

    def live_properties(self) -> Iterator[LiveProperty]:
        return (p for p in self.properties if not p.deleted)

    def live_children(self) -> list[LiveNode]:
        return [child for child in self.children if not child.deleted]

    def property(self, name: str) -> LiveProperty | None:
        first = self.first_properties.get(name)
        if first is None or not first.deleted:
            return first
        return next((p for p in self.live_properties() if p.name == name), None)

    def child(self, name: str) -> LiveNode | None:
        first = self.first_children.get(name)
        if first is None or not first.deleted:
            return first
        return next((c for c in self.live_children() if c.name == name), None)

    def walk(self) -> Iterator[LiveNode]:
        """This node and all live ones below it, in order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            if node.children:
                stack += [child for child in reversed(node.children) if not child.deleted]

    def delete(self) -> None:
        for node in list(self.walk()):
            node.deleted = True
            for label in node.labels:
                label.deleted = True
            for p in node.live_properties():
                delete_property(p)


def add_label(labels: list[Label], added: Label) -> None:
    """Add a label in front; one that was deleted is restored."""
    for label in labels:
        if label.name == added.name:
            label.deleted = False
            return
    labels.insert(0, added)


def delete_property(deleted: LiveProperty) -> None:
    deleted.deleted = True
    for label in deleted.labels:
        label.deleted = True


class LiveTree:
    """The root, the nodes by label, and whether the source is an overlay (`/plugin/`)."""

    def __init__(self, root: LiveNode, plugin: bool) -> None:
        self.root = root
        self.plugin = plugin
        self.reservations: list[tuple[int, int]] = []
        self.by_label: dict[str, list[LiveNode]] = {}
        self.boot_cpu = 0

    def index_labels(self, node: LiveNode) -> None:
        for label in node.labels:
            holders = self.by_label.setdefault(label.name, [])
            if node not in holders:
                holders.append(node)

    def labelled(self, name: str) -> LiveNode | None:
        """The node of a label; of several, the first in the tree."""
        holders = [node for node in self.by_label.get(name, ()) if self._has(node, name)]
        if len(holders) < 2:
            return holders[0] if holders else None
        return next(node for node in self.root.walk() if node in holders)

    def _has(self, node: LiveNode, name: str) -> bool:
        if not any(label.name == name and not label.deleted for label in node.labels):
            return False
        while node is not self.root:
            if node.deleted or node.parent is None:
                return False
            node = node.parent
        return True

    def at_path(self, path: str, above: LiveNode | None = None) -> LiveNode | None:
        """The node of a path from `above`, else from the root; a label that no node has leads nowhere."""
        node: LiveNode | None = above or self.root
        for part in filter(None, path.split("/")):
            node = node.child(part) if node else None
        return node

    def find(self, reference: str) -> LiveNode | None:
        """The node that `&label`, `&{/path}` or `&{label/path}` means; the reference without its signs."""
        if reference.startswith("/"):
            return self.at_path(reference)
        label, _, path = reference.partition("/")
        start = self.labelled(label)
        return self.at_path(path, start) if start is not None else None

    def merge(self, old: LiveNode, new: LiveNode) -> None:
        """Merge `new` into `old`; if both have a name, the new value wins and the old position is kept."""
        old.deleted = False
        for label in new.labels:
            add_label(old.labels, Label(label.name, label.place))
        if new.labels:
            self.index_labels(old)
        for added in new.properties:
            _merge_property(old, added)
        for child in new.children:
            known = old.first_children.get(child.name)
            if child.deleted:
                if known is not None:
                    known.delete()
            elif known is None:
                old.add_child(child)
            else:
                self.merge(known, child)


class Merger:
    """Executes the statements of a source one by one."""

    def __init__(self, values: ValueReader) -> None:
        self.values = values
        self.problems = values.problems
        self.fragments = 0
        self.deletions: dict[Location, str] = {}  # that have deleted nothing yet

    def merge(self, source: Source) -> LiveTree:
        first = source.statements[0]
        assert isinstance(first, Definition)  # noqa: S101
        root = LiveNode("", self._body_location(first.body))
        tree = LiveTree(root, source.plugin)
        if source.headers_differ:
            self.values.fault("the /dts-v1/ and /plugin/ lines of the files differ", 0, 1)
        for _labels, address, size in source.reservations:
            tree.reservations.append((self.values.integer(address), self.values.integer(size)))
        if first.reference is None:
            self._fill(tree, root, first.body, 0)
        elif source.plugin:
            self._orphan(tree, first, first.reference)
        else:
            self._unknown(first.reference)
        for statement in source.statements[1:]:
            if isinstance(statement, Definition):
                self._define(tree, statement)
            else:
                self._on_target(tree, statement)
        tree.boot_cpu = _boot_cpu(tree)
        if source.plugin:
            self.values.warnings += [_deletes_nothing(*each) for each in self.deletions.items()]
        return tree

    def _on_target(self, tree: LiveTree, statement: Deletion | Omission) -> None:
        target = self._target(tree, statement.target)
        if target is None:
            return
        if isinstance(statement, Omission):
            target.omit = True
        elif target is tree.root:
            self._fault("the root of the tree cannot be deleted", statement.target)
        else:
            target.delete()

    def _define(self, tree: LiveTree, statement: Definition) -> None:
        reference = statement.reference
        if reference is None:
            self._extend(tree, tree.root, statement.body)
            return
        name = self.values.reference(reference)
        target = tree.find(name)
        if tree.plugin and statement.label is None and (target is None or name.startswith("/")):
            self._orphan(tree, statement, reference)
        elif target is None:
            self._unknown(reference)
        else:
            if statement.label is not None:
                add_label(target.labels, self.values.label(statement.label))
                tree.index_labels(target)
            self._extend(tree, target, statement.body)

    def _extend(self, tree: LiveTree, target: LiveNode, body: Body) -> None:
        made = LiveNode(target.name, target.place, target.number)
        depth = 0
        above = target.parent
        while above is not None:
            depth, above = depth + 1, above.parent
        self._fill(tree, made, body, depth)
        for place in _deleted_by(made, target):
            self.deletions.pop(place, None)
        tree.merge(target, made)

    def _orphan(self, tree: LiveTree, statement: Definition, reference: Token) -> None:
        """An overlay's `&target {…}`: a fragment of its own that says where it goes."""
        location = self._location(reference)
        fragment = LiveNode(f"fragment@{self.fragments}", location)
        self.fragments += 1
        name = self.values.reference(reference)
        if name.startswith("/"):
            target = LiveProperty("target-path", name.encode() + b"\0", location, location)
        else:
            target = LiveProperty("target", b"\xff" * 4, location, location)
            target.markers = [Marker(MarkerKind.PHANDLE, name, 0, location)]
        fragment.add_property(target)
        overlay = LiveNode("__overlay__", location)
        self._fill(tree, overlay, statement.body, 2)
        fragment.add_child(overlay)
        tree.root.add_child(fragment)

    def _fill(self, tree: LiveTree, node: LiveNode, body: Body, depth: int) -> None:
        """Fill an empty node with the contents of the braces."""
        if depth > DEEPEST:
            self._too_deep(body.start)
            return
        after_child = False
        for item in body.items:
            if isinstance(item, Token):
                after_child = self._add_row(tree, node, item, depth, after_child)
            elif isinstance(item, PropertySyntax):
                self._check_marks(item.marks)
                self._add_property(node, self.values.property(item), after_child)
            elif isinstance(item, NodeSyntax):
                after_child = True
                self._add_node(tree, node, item, depth)
            else:
                after_child = self._add_deletion(node, item, after_child)

    def _too_deep(self, brace: int) -> None:
        what = f"nodes nested deeper than {DEEPEST} levels"
        where = self.values.source.location(brace, brace + 1)
        raise_once(self.problems, Problem(ProblemKind.TOO_DEEP, what, where, "Xen reads 16 levels, Linux 64"))

    def _add_row(self, tree: LiveTree, node: LiveNode, token: Token, depth: int, after_child: bool) -> bool:
        """A row of plain properties and nodes; `True` if the last child is before its end."""
        source = self.values.source
        assert isinstance(source, SourceText)  # noqa: S101
        row = Row(source, token)
        plain = self.values.plain
        inside: LiveNode | None = node
        labels: list[Label] = []
        omit = False
        for index, item in enumerate(row.items()):
            name, sign, _, _, _ = item
            if not name:
                inside = node
                continue
            if name[0] == "/":
                omit, name = True, bare(name)
            if sign == ":":
                labels.append(Label(name, (row, index)))
            elif sign == "{":
                after_child = True
                inside = LiveNode(name, row, index)
                inside.omit, omit = omit, False
                if labels:
                    for label in reversed(labels):
                        add_label(inside.labels, label)
                    labels = []
                node.add_child(inside)
                tree.index_labels(inside)
                if depth + 1 > DEEPEST:
                    self._too_deep(row.head_end(index))
                    inside = None
            else:
                made = plain(row, index, name, item)
                if labels:
                    made.labels, labels = labels, []
                if omit:
                    self._omitted_property(made.location)
                if inside is node:
                    self._add_property(node, made, after_child)
                elif inside is not None:
                    inside.properties.append(made)
                    inside.first_properties.setdefault(name, made)
        return after_child

    def _add_property(self, node: LiveNode, made: LiveProperty, after_child: bool) -> None:
        if after_child:
            what = f"property {made.name} comes after a child node"
            self.problems.append(
                Problem(ProblemKind.SYNTAX, what, made.location, "put all properties before the first child node")
            )
        node.add_property(made)

    def _add_node(self, tree: LiveTree, node: LiveNode, item: NodeSyntax, depth: int) -> None:
        child = LiveNode(item.name.lstrip("\\"), self._location(item.name))
        for mark in reversed(item.marks):
            if mark.type == "LABEL":
                add_label(child.labels, self.values.label(mark))
            else:
                child.omit = True
        node.add_child(child)
        tree.index_labels(child)
        self._fill(tree, child, item.body, depth + 1)

    def _add_deletion(self, node: LiveNode, item: Deletion, after_child: bool) -> bool:
        location, name = self._location(item.target), item.target.lstrip("\\")
        known = node.first_children if item.keyword.type == "DELETE_NODE" else node.first_properties
        if name not in known:
            self.deletions[location] = f"{item.keyword} {name}"
        if item.keyword.type == "DELETE_NODE":
            gone = LiveNode(name, location)
            gone.deleted = True
            node.add_child(gone)
            return True
        self._check_marks(item.marks)
        self._add_property(node, LiveProperty(name, b"", location, location, deleted=True), after_child)
        return after_child

    def _check_marks(self, marks: list[Token]) -> None:
        for mark in marks:
            if mark.type == "OMIT":
                self._omitted_property(self._location(mark))

    def _omitted_property(self, where: Location) -> None:
        what = "/omit-if-no-ref/ is before a property; it is for nodes"
        self.problems.append(Problem(ProblemKind.SYNTAX, what, where))

    def _target(self, tree: LiveTree, reference: Token) -> LiveNode | None:
        target = tree.find(self.values.reference(reference))
        if target is None:
            self._unknown(reference)
        return target

    def _unknown(self, reference: Token) -> None:
        name = self.values.reference(reference)
        self._fault(f"Label or path {name} not found", reference, "it must be defined above this line")

    def _fault(self, message: str, token: Token, advice: str = "") -> None:
        self.values.fault(message, start_of(token), end_of(token), advice)

    def _location(self, token: Token) -> Location:
        return self.values.source.location(start_of(token), end_of(token))

    def _body_location(self, body: Body) -> Location:
        return self.values.source.location(body.start, body.start + 1)


def raise_once(problems: list[Problem], problem: Problem) -> None:
    if not any(known.kind == problem.kind for known in problems):
        problems.append(problem)


def _merge_property(old: LiveNode, added: LiveProperty) -> None:
    known = old.first_properties.get(added.name)
    if added.deleted:
        if known is not None:
            delete_property(known)
    elif known is None:
        old.add_property(added)
    else:
        if added.labels:
            labels = list(known.labels)
            for label in added.labels:
                add_label(labels, label)
            known.labels = labels
        known.value, known.markers, known.texts = added.value, added.markers, added.texts
        known.place, known.value_place, known.deleted = added.place, added.value_place, False


def _deleted_by(made: LiveNode, target: LiveNode) -> Iterator[Location]:
    """The places of the deletions in a node that delete something of the node into which it is merged."""
    for gone in made.properties:
        if gone.deleted and gone.name in target.first_properties:
            yield gone.location
    for child in made.children:
        known = target.first_children.get(child.name)
        if known is None:
            continue
        if child.deleted:
            yield child.location
        else:
            yield from _deleted_by(child, known)


def _deletes_nothing(place: Location, written: str) -> Problem:
    what = f"{written} deletes nothing: an overlay cannot delete anything of the tree to which it is applied"
    return Problem(ProblemKind.WARNING, what, place, "delete it in the tree itself, or with fdt rm in the boot script")


def _boot_cpu(tree: LiveTree) -> int:
    """The `reg` of the first node of /cpus, if it is one cell."""
    cpus = tree.at_path("/cpus")
    first = cpus.children[0].property("reg") if cpus and cpus.children else None
    return int.from_bytes(first.value, "big") if first and len(first.value) == 4 else 0
