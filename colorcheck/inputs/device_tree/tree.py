"""A device tree as it was written: nodes and properties, each with its place.

What `reg`, `ranges`, `status` and phandles mean is in `tree_walk`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location, Passage


class PlacesOfRow(Protocol):
    """Properties and nodes that were written one after the other; their locations are computed on demand."""

    def location(self, index: int) -> Location: ...

    def value_location(self, index: int) -> Location: ...

    def strings(self, index: int) -> tuple[Passage, ...]: ...


class Property(Struct, frozen=True):
    """A property: its bytes as they are in the blob, and the places of its name (`location`) and of its value.

    `place`, `value_place` and `texts` are these places and the strings, or many properties' places, the number of
    this one and None.
    """

    name: str
    value: bytes
    place: Location | PlacesOfRow
    value_place: Location | int
    texts: tuple[Passage, ...] | None = ()

    @property
    def location(self) -> Location:
        place, index = self.place, self.value_place
        if isinstance(place, Location):
            return place
        assert isinstance(index, int)  # noqa: S101
        return place.location(index)

    @property
    def value_location(self) -> Location:
        place, index = self.place, self.value_place
        if isinstance(index, Location):
            return index
        assert not isinstance(place, Location)  # noqa: S101
        return place.value_location(index)

    @property
    def strings(self) -> tuple[Passage, ...]:
        """The string literals of the value in their order, each with the place of its characters (without the
        quotes); empty if the value has none. A blob's strings are those that its bytes spell, if they do."""
        place, index, texts = self.place, self.value_place, self.texts
        if texts is not None:
            return texts
        assert isinstance(index, int)  # noqa: S101
        assert not isinstance(place, Location)  # noqa: S101
        return place.strings(index)


class Node(Struct, frozen=True):
    """A node: `name` with its unit address (empty for the root), its properties and children in the tree's order.

    `place` is its `location`, or many places, of which this is the one of this `number`.
    """

    name: str
    path: str
    place: Location | PlacesOfRow
    properties: Mapping[str, Property] = field(default_factory=dict)
    children: tuple[Node, ...] = ()
    labels: tuple[str, ...] = ()
    number: int = 0

    @property
    def location(self) -> Location:
        place = self.place
        return place if isinstance(place, Location) else place.location(self.number)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the tree."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.children)

    def child(self, name: str) -> Node | None:
        return next((c for c in self.children if c.name == name), None)


class DeviceTree(Struct, frozen=True):
    """A whole tree. `files` are all files that took part, the main one first; `problems` are warnings that do not
    keep the tree from being used; `boot_cpu` and `version` are the blob's, or what dtc would write; `looked_for` are
    further files: were one to come or to change, something else might be read."""

    file: str
    root: Node
    memory_reservations: tuple[tuple[int, int], ...] = ()
    files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    version: int = 17
    boot_cpu: int = 0
    size: int = 0
    looked_for: tuple[str, ...] = ()

    def node(self, path: str) -> Node | None:
        """The node at a full path such as `/chosen/domU1`; `None` where there is none."""
        node: Node | None = self.root
        for part in path.strip("/").split("/") if path.strip("/") else ():
            node = node.child(part) if node else None
        return node
