"""dtc's warnings for a tree that it accepts: the checks that only need the tree, under dtc's names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.tree import Node

_ONE_CELL = ("#address-cells", "#size-cells")
_ONE_STRING = ("device_type", "model", "status", "label")
_ALIAS_NAME = re.compile(r"[a-z0-9-]*")


def warnings(root: Node) -> Iterator[Problem]:
    """Warnings on the node and all below it; each message begins with the name of dtc's check."""
    parents: dict[str, Node] = {child.path: node for node in root.walk() for child in node.children}
    for node in root.walk():
        yield from _types(node)
        if parent := parents.get(node.path):
            yield from _unit_address(node, parent)
            yield from _lengths(node, parent)
            yield from _cell_counts(node, parent)
        if node.name == "aliases":
            yield from _aliases(node, root)


def _warning(check: str, node: Node, message: str, location: Location | None = None) -> Problem:
    return Problem(ProblemKind.WARNING, f"({check}) {node.path}: {message}", location or node.location)


def _types(node: Node) -> Iterator[Problem]:
    for name, held in node.properties.items():
        value = held.value
        if name in _ONE_CELL and len(value) != 4:
            check = f"{name[1:].replace('-', '_')}_is_cell"
            yield _warning(check, node, f"{name} is not a single cell", held.value_location)
        elif name in _ONE_STRING and value.find(b"\0") != len(value) - 1:
            yield _warning(f"{name}_is_string", node, f"{name} is not a string", held.value_location)
        elif (name == "compatible" or name.endswith("-names")) and value and not value.endswith(b"\0"):
            check = "compatible_is_string_list" if name == "compatible" else "names_is_string_list"
            yield _warning(check, node, f"{name} is not a string list", held.value_location)


def _cells(node: Node, name: str) -> int | None:
    held = node.properties.get(name)
    return int.from_bytes(held.value, "big") if held and len(held.value) == 4 else None


def _counts(node: Node) -> tuple[int, int]:
    address, size = _cells(node, "#address-cells"), _cells(node, "#size-cells")
    return 2 if address is None else address, 1 if size is None else size


def _unit_address(node: Node, parent: Node) -> Iterator[Problem]:
    _, _, unit = node.name.partition("@")
    ranges = node.properties.get("ranges")
    addressed = "reg" in node.properties or (ranges is not None and ranges.value != b"")
    if node.child("__overlay__"):
        return
    if addressed and not unit:
        yield _warning("unit_address_vs_reg", node, "node has a reg or ranges property, but no unit name")
    elif unit and not addressed:
        yield _warning("unit_address_vs_reg", node, "node has a unit name, but no reg or ranges property")
    compatible = parent.properties.get("compatible")
    if compatible and b"simple-bus" in compatible.value.split(b"\0"):
        return
    if unit.startswith("0x"):
        yield _warning("unit_address_format", node, 'unit name should not have leading "0x"')
        unit = unit[2:]
    if re.match(r"0[0-9a-fA-F]", unit):
        yield _warning("unit_address_format", node, "unit name should not have leading 0s")


def _lengths(node: Node, parent: Node) -> Iterator[Problem]:
    address, size = _counts(parent)
    reg, ranges = node.properties.get("reg"), node.properties.get("ranges")
    if reg and not reg.value:
        yield _warning("reg_format", node, "reg is empty", reg.location)
    elif reg and not _multiple(len(reg.value), address + size):
        what = f"reg has {len(reg.value)} bytes, not a multiple of {address} address and {size} size cells"
        yield _warning("reg_format", node, what, reg.value_location)
    own_address, own_size = _counts(node)
    if ranges and not ranges.value and (own_address, own_size) != (address, size):
        what = "ranges is empty, but the cell counts differ from the parent's"
        yield _warning("ranges_format", node, what, ranges.location)
    elif ranges and not _multiple(len(ranges.value), address + own_address + own_size):
        yield _warning("ranges_format", node, f"ranges has an odd length of {len(ranges.value)} bytes", ranges.location)


def _multiple(length: int, cells: int) -> bool:
    return length % (4 * cells) == 0 if cells else length == 0


def _cell_counts(node: Node, parent: Node) -> Iterator[Problem]:
    if "reg" in node.properties or "ranges" in node.properties:
        for name in _ONE_CELL:
            if name not in parent.properties:
                yield _warning("avoid_default_addr_size", node, f"Relying on default {name} value")
    given = _cells(node, "#address-cells") is not None and _cells(node, "#size-cells") is not None
    needed = {"ranges"} & node.properties.keys() or any("reg" in child.properties for child in node.children)
    if given and node.children and not needed:
        what = "unnecessary #address-cells/#size-cells without ranges or child reg property"
        yield _warning("avoid_unnecessary_addr_size", node, what)


def _aliases(node: Node, root: Node) -> Iterator[Problem]:
    paths = {known.path for known in root.walk()}
    for name, held in node.properties.items():
        path = held.value.split(b"\0")[0].decode("latin-1")
        if name in ("phandle", "linux,phandle"):
            continue
        if (path.rstrip("/") or "/") not in paths:
            yield _warning("alias_paths", node, f"alias {name} names no node ({path!a})", held.value_location)
        elif not _ALIAS_NAME.fullmatch(name):
            yield _warning("alias_paths", node, f"alias {name} is not lowercase letters, digits and '-'", held.location)
