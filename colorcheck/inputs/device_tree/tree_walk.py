"""Interpretation of `reg`, `ranges`, phandles and compatible strings: small readers of one property each.

Nothing here raises: a property that is cut off or absent gives less, or None.
Source: Devicetree Specification 0.4, chapters 2.3 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property


def cells(value: bytes) -> tuple[int, ...]:
    """The 32-bit cells of a value, a cut-off last one left out."""
    return tuple(int.from_bytes(value[i : i + 4], "big") for i in range(0, len(value) - 3, 4))


def number(found: Property | None) -> int | None:
    """A property as one big-endian number of 32 or 64 bits; None for any other length."""
    return int.from_bytes(found.value, "big") if found is not None and len(found.value) in (4, 8) else None


def cell(node: Node, name: str) -> int | None:
    """The first 32-bit cell of a property."""
    found = node.properties.get(name)
    return int.from_bytes(found.value[:4], "big") if found and len(found.value) >= 4 else None


def strings(found: Property | None) -> tuple[str, ...]:
    """A property as a list of strings; bytes that are not UTF-8 come out replaced."""
    return _strings(found.value) if found is not None else ()


def _strings(value: bytes) -> tuple[str, ...]:
    parts = value.removesuffix(b"\0").split(b"\0") if value else ()
    return tuple(part.decode("utf-8", "replace") for part in parts)


def string(node: Node, name: str) -> str | None:
    """The first string of a property; None if the node lacks it or its value is empty."""
    found = strings(node.properties.get(name))
    return found[0] if found else None


def compatible(node: Node, *names: str) -> bool:
    """Whether one of the names is in the node's `compatible`. Case does not matter, as in Xen."""
    found = node.properties.get("compatible")
    if found is None:
        return False
    known = _kept(found.value) if len(found.value) <= _USUAL else _lowered(found.value)
    return not known.isdisjoint(map(str.lower, names))


def _lowered(value: bytes) -> frozenset[str]:
    return frozenset(name.lower() for name in _strings(value))


_USUAL = 512  # bytes of a `compatible` at most
_kept = lru_cache(2048)(_lowered)  # a tree has few such values, and Xen's code looks at each node many times


def available(node: Node) -> bool:
    """Whether the node's status allows its use: absent, `okay` or `ok`; a status without a value does not."""
    return "status" not in node.properties or string(node, "status") in ("okay", "ok")


def unit_name(node: Node) -> str:
    """The node's name without the unit address."""
    return node.name.partition("@")[0]


def cell_sizes(parent: Node, address: int = 2, size: int = 1) -> tuple[int, int]:
    """How many cells an address and a size take in the children of `parent`; the defaults are the specification's.

    Xen and Linux take what the node above says instead: give that, or use `cells_below` or `Ancestry.cell_sizes`.
    """
    found_address, found_size = cell(parent, "#address-cells"), cell(parent, "#size-cells")
    return address if found_address is None else found_address, size if found_size is None else found_size


def cells_below(tree: DeviceTree, path: str) -> tuple[int, int]:
    """The cells in the children of the node at `path` as Xen counts them: a node that does not say inherits.

    Source: `device_tree_for_each_node`, `dt_n_addr_cells` (xen/common/device-tree, 4.20–4.22).
    """
    node: Node | None = tree.root
    found = cell_sizes(tree.root)
    for part in filter(None, path.split("/")):
        node = node.child(part) if node else None
        found = cell_sizes(node, *found) if node else found
    return found


def join(values: Iterable[int]) -> int:
    """The number that cells of 32 bits make, the first one the highest."""
    found = 0
    for value in values:
        found = found << 32 | value
    return found


def ranges_of(found: Property | None, address: int, size: int) -> tuple[tuple[int, int], ...]:
    """A `reg`-like value as (address, size) pairs, in units of bytes; a cut-off last entry is left out."""
    width = address + size
    if found is None or width == 0:
        return ()
    values = cells(found.value)
    return tuple(
        (join(values[i : i + address]), join(values[i + address : i + width]))
        for i in range(0, len(values) - width + 1, width)
    )


class Bridge(Struct, frozen=True):
    """One entry of `ranges`: addresses of the child's bus from `child` on are `parent` on, for `size` bytes."""

    child: int
    parent: int
    size: int


class Ancestry:
    """A tree whose nodes know their ancestors and their phandles."""

    __slots__ = ("_parents", "_phandles", "tree")

    def __init__(self, tree: DeviceTree) -> None:
        self.tree = tree
        self._parents: dict[str, Node] = {}
        self._phandles: dict[int, Node] = {}
        for node in tree.root.walk():
            for child in node.children:
                self._parents[child.path] = node
            handle = cell(node, "phandle") or cell(node, "linux,phandle")
            if handle:
                self._phandles.setdefault(handle, node)

    def parent(self, node: Node) -> Node | None:
        return self._parents.get(node.path)

    def by_phandle(self, handle: int) -> Node | None:
        return self._phandles.get(handle)

    def ancestors(self, node: Node) -> Iterator[Node]:
        """The parent, its parent, … up to the root."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def cell_sizes(self, node: Node) -> tuple[int, int]:
        """The cells of addresses and sizes in the children of `node`; a node that does not say inherits."""
        above = self.parent(node)
        return cell_sizes(node, *self.cell_sizes(above)) if above is not None else cell_sizes(node)

    def bridges(self, node: Node) -> tuple[Bridge, ...] | None:
        """The node's `ranges`; empty if it maps its children one to one, None if they cannot be translated."""
        found, above = node.properties.get("ranges"), self.parent(node)
        if found is None or above is None:
            return None
        own, size = self.cell_sizes(node)
        outer = self.cell_sizes(above)[0]
        width = own + outer + size
        values = cells(found.value)
        return tuple(
            Bridge(join(entry[:own]), join(entry[own : own + outer]), join(entry[own + outer :]))
            for i in range(0, len(values) - width + 1, width)
            if (entry := values[i : i + width])
        )

    def translate(self, address: int, node: Node) -> int | None:
        """An address on the bus that `node` sits on, as a physical address; None if a bus maps nothing there.

        Follows Xen's `__dt_translate_address`: a bus without `ranges` ends the way, an empty one changes nothing.
        """
        below = self.parent(node)
        while below is not None and (above := self.parent(below)) is not None:
            known = self.bridges(below)
            if known is None:
                return None
            if known:
                hit = next((b for b in known if b.child <= address < b.child + b.size), None)
                if hit is None:
                    return None
                address = hit.parent + address - hit.child
            below = above
        return address

    def regions(self, node: Node) -> tuple[tuple[int, int] | None, ...]:
        """The node's `reg` as physical (address, size) pairs; None for an entry that cannot be translated.

        Entries of a bus whose children have no size are not memory regions, so there are none.
        """
        parent = self.parent(node)
        if parent is None:
            return ()
        address_cells, size_cells = self.cell_sizes(parent)
        if not size_cells:
            return ()
        found: list[tuple[int, int] | None] = []
        for address, size in ranges_of(node.properties.get("reg"), address_cells, size_cells):
            start = self.translate(address, node)
            found.append(None if start is None else (start, size))
        return tuple(found)

    def resolve(self, path: str, aliases: Mapping[str, str] | None = None) -> Node | None:
        """A node by its full path or by an alias, options after a colon left out (`serial0:115200n8`)."""
        name = path.partition(":")[0]
        if name.startswith("/"):
            return self.tree.node(name)
        alias = (aliases or {}).get(name)
        if alias is None and (node := self.tree.node("/aliases")) is not None:
            alias = string(node, name)
        return self.tree.node(alias) if alias else None


_recent: list[Ancestry] = []
_MOST_RECENT = 4


def ancestry_of(tree: DeviceTree) -> Ancestry:
    """The ancestry of a tree, the same one for the same tree: many checks ask for it."""
    for known in tuple(_recent):
        if known.tree is tree:
            return known
    found = Ancestry(tree)
    _recent[:] = [found, *_recent][:_MOST_RECENT]
    return found
