"""The handover: what Xen finds when it starts, for every boot loader."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.loader.facts import OpenFact, Origin

PropertyKey = tuple[str, str]  # the path of a node and the name of its property


class HandoverModule(Struct, frozen=True):
    """A file in memory when Xen starts.

    Address and size are in bytes, None if open; `whole` unless something was written over it, which `spoiled_by` names.
    `no_kernel`: why it cannot be a kernel; empty if it may be one. `edited` if it is a tree that the script changes.
    """

    name: str
    address: int | None
    size: int | None
    location: Location
    whole: bool = True
    spoiled_by: str = ""
    no_kernel: str = ""
    edited: bool = False

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "address": self.address,
            "size": self.size,
            "whole": self.whole,
            "spoiled_by": self.spoiled_by,
            "location": self.location.to_dict(),
        }


class Handover(Struct, frozen=True):
    """What Xen gets.

    `tree` is None if no tree arrives or it is not known which; its nodes and properties are where they were written, in
    a source or in the script. `unsure` names the open facts that a property's value depends on (the bytes in `tree` are
    then not to be used), `origins` the properties that did not come from the tree's own file. `memory_reservations` and
    `device_tree` are (address, size) in bytes, None if open. `device_tree_sizes` are the least and the most that the
    tree's size may be, None if that is not known or the tree is not a script's. `arguments` are Xen's own if the loader
    passes them separately from the tree. `stopped` says why Xen is never started, `help` what to do. `choices` are the
    answers that lead here where something is open, and `alternatives` the handovers of the other answers; `harmless`
    are the names of open facts that change nothing on this way, because they only affect its choices, or the address
    of the tree. `assumptions` are trusted: the files cannot confirm them. `xen_file` is the file that is started as
    Xen, empty if the loader brings none; `xen_in_doubt` says why it may not be Xen's image as it was built, and
    `xen_location` where.
    """

    tree: DeviceTree | None = None
    unsure: Mapping[PropertyKey, str] = field(default_factory=dict)
    origins: Mapping[PropertyKey, Origin] = field(default_factory=dict)
    memory_reservations: tuple[tuple[int | None, int | None], ...] = ()
    device_tree: tuple[int | None, int | None] = (None, None)
    device_tree_sizes: tuple[int, int] | None = None
    modules: tuple[HandoverModule, ...] = ()
    arguments: Passage | None = None
    xen_address: int | None = None
    xen_image_size: int | None = None
    open: tuple[OpenFact, ...] = ()
    stopped: str | None = None
    help: str = ""
    location: Location | None = None
    choices: tuple[tuple[str, bool], ...] = ()
    alternatives: tuple[Handover, ...] = ()
    harmless: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    uefi: bool = False
    xen_file: str = ""
    xen_in_doubt: str = ""
    xen_location: Location | None = None

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON: values in hexadecimal text, None if open."""
        nodes = self.tree.root.walk() if self.tree else ()
        return {
            "schema": "colorcheck/handover/1",
            "stopped": self.stopped,
            "tree": {
                node.path: {
                    name: None if (node.path, name) in self.unsure else held.value.hex()
                    for name, held in node.properties.items()
                }
                for node in nodes
            },
            "memory_reservations": [list(entry) for entry in self.memory_reservations],
            "device_tree": list(self.device_tree),
            "modules": [module.to_dict() for module in self.modules],
            "arguments": self.arguments.text if self.arguments else None,
            "open": [fact.to_dict() for fact in self.open],
            "alternatives": len(self.alternatives),
        }


def handed_over(tree: DeviceTree, address: int | None, size: int | None) -> Handover:
    """The handover of a loader that changes nothing: Xen receives exactly this tree."""
    return Handover(
        tree=tree,
        memory_reservations=tree.memory_reservations,
        device_tree=(address, size if size is not None else tree.size or None),
    )
