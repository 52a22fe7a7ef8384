"""Reads a device tree, source or blob, and applies overlays: the interface to this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.dtc import DTC_1_6, NEWEST, Dtc
from colorcheck.inputs.device_tree.remembered import remembered
from colorcheck.inputs.device_tree.tree import DeviceTree

_BLOB_MAGIC = b"\xd0\x0d\xfe\xed"


class DeviceTreeError(Exception):
    """A device tree that cannot be used; `problems` has all its faults with their locations."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(f"{problem.location}: {problem.message}" for problem in self.problems)


def read_device_tree(
    path: str,
    *,
    symbols: bool = False,
    overlays: Sequence[str] = (),
    include_dirs: Sequence[str] = (),
    dtc: Dtc = NEWEST,
) -> DeviceTree:
    """The device tree in the file `path`, recognized as source or blob by how it begins.

    `symbols` is dtc's `-@`: every labelled node is listed in `__symbols__` and gets a phandle. `overlays` (source with
    `/plugin/`, or .dtbo) are applied in the order given. `include_dirs` are searched for included files after the
    folder of the file that names them. `dtc` is the release that a source is read as. Raises `DeviceTreeError`.
    """
    tree = _read_one(path, symbols or bool(overlays), include_dirs, dtc)
    if overlays:
        from colorcheck.inputs.device_tree.device_tree_overlay import apply_overlay

        for overlay in overlays:
            read = _read_one(overlay, symbols, include_dirs, dtc)
            tree, problems = apply_overlay(tree, read)
            if problems:
                raise DeviceTreeError(problems)
    return tree


def _read_one(path: str, symbols: bool, include_dirs: Sequence[str], dtc: Dtc) -> DeviceTree:
    from colorcheck.inputs.device_tree.dts.files import Files

    data = Files().read(path, Location(path))
    if isinstance(data, Problem):
        raise DeviceTreeError((data,))
    key = path, data, symbols, tuple(include_dirs), dtc
    return remembered(key, lambda: _parsed(path, data, symbols, include_dirs, dtc))


def _parsed(path: str, data: bytes, symbols: bool, include_dirs: Sequence[str], dtc: Dtc) -> DeviceTree:
    if data[:4] == _BLOB_MAGIC:
        from colorcheck.inputs.device_tree.device_tree_blob import read_blob

        blob = read_blob(path, data)
        tree, errors = blob.tree, blob.errors
    else:
        from colorcheck.inputs.device_tree.device_tree_source import read_source

        source = read_source(path, data, symbols=symbols, include_dirs=include_dirs, dtc=dtc)
        tree, errors = source.tree, source.errors
    if tree is None:
        raise DeviceTreeError(errors)
    return tree


class ParsedDeviceTree(Struct, frozen=True):
    """A device tree as other programs see it: path to property name to bytes, in the order of the tree.

    `warnings` are what dtc would say about a tree that it accepts, under its names for the checks.
    `memory_reservations` are (address, size) in hexadecimal text: 64 bits do not survive every reader of JSON.
    """

    nodes: Mapping[str, Mapping[str, bytes]]
    memory_reservations: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON: values in hexadecimal."""
        return {
            "nodes": {path: {name: value.hex() for name, value in held.items()} for path, held in self.nodes.items()},
            "memory_reservations": [list(reservation) for reservation in self.memory_reservations],
            "warnings": list(self.warnings),
        }


def parse_device_tree(path: str, symbols: bool = False, dtc: Dtc = DTC_1_6) -> ParsedDeviceTree:
    """The device tree in the file `path`, source or blob; `symbols` is dtc's `-@`. Raises `DeviceTreeError`.

    A source is read as dtc 1.6.1 does, which distributions have, unless another release is given: what it takes, all
    take, but for an overlay's fixup of a path.
    """
    from colorcheck.inputs.device_tree.dts.warnings import warnings

    tree = read_device_tree(path, symbols=symbols, dtc=dtc)
    nodes = {node.path: {name: held.value for name, held in node.properties.items()} for node in tree.root.walk()}
    reported = (*tree.problems, *warnings(tree.root))
    reservations = tuple((hex(address), hex(size)) for address, size in tree.memory_reservations)
    return ParsedDeviceTree(
        nodes, reservations, tuple(f"{problem.location}: {problem.message}" for problem in reported)
    )
