"""The device tree of a running system: the parts that belong to the board, without those written by Xen or the boot
loader.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.boot.system_dump import FDT, TREE, SystemDump
from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property

_OF_THE_SYSTEM = ("bootargs", "stdout-path", "kaslr-seed", "rng-seed", "u-boot,version", "u-boot,bootconf")
"""Properties of /chosen that the boot loader writes for the system that it starts, which is not Xen."""


class RunningTree(Struct, frozen=True):
    """`tree` is what the boot loader handed over, as far as a running system tells; None if it is the tree that Xen
    made for dom0. `root` is then that tree's root alone, which names the machine."""

    tree: DeviceTree | None = None
    root: DeviceTree | None = None
    problems: tuple[Problem, ...] = ()


def running_tree(dump: SystemDump, named_at: Location) -> RunningTree:
    """The tree of a dump: its blob, otherwise the copied folder."""
    if FDT in dump.parts:
        read = read_blob(dump.path(FDT), dump.parts[FDT])
        if read.tree is None:
            return RunningTree(problems=tuple(replace(error, location=named_at) for error in read.errors))
        tree = read.tree
    elif dump.properties:
        tree = DeviceTree(dump.file, _copied(dump))
    else:
        return RunningTree()
    if _made_by_xen(tree.root):
        kept = {name: tree.root.properties[name] for name in ("compatible", "model") if name in tree.root.properties}
        alone = replace(tree, root=replace(tree.root, properties=kept, children=()), memory_reservations=())
        message = (
            "the device tree in the dump is the one that Xen made for dom0: it has the memory, CPUs and /chosen of "
            "dom0, but not the domains that Xen builds at boot, their modules and devices; only the board is taken "
            "from it"
        )
        advice = "specify the tree that Xen was given as device-tree in [inputs] to have its content checked"
        return RunningTree(None, alone, (Problem(ProblemKind.TREE_OF_DOM0, message, named_at, advice),))
    return RunningTree(_without_edits(tree))


def _made_by_xen(root: Node) -> bool:
    found = root.child("hypervisor")
    said = found.properties.get("compatible") if found else None
    return said is not None and b"xen,xen\0" in said.value


def _without_edits(tree: DeviceTree) -> DeviceTree:
    """The tree without changes for the running system: its arguments and its ramdisk are not Xen's."""
    chosen = tree.root.child("chosen")
    if chosen is None or "xen,xen-bootargs" in chosen.properties:
        return tree
    gone = [
        name
        for name in chosen.properties
        if name in _OF_THE_SYSTEM or name.startswith(("linux,initrd-", "linux,uefi-"))
    ]
    kept = {name: held for name, held in chosen.properties.items() if name not in gone}
    children = tuple(replace(c, properties=kept) if c is chosen else c for c in tree.root.children)
    return replace(tree, root=replace(tree.root, children=children))


def _copied(dump: SystemDump) -> Node:
    """Nodes are folders and properties files; the property `name`, which the kernel adds, is left out."""
    place = Location(dump.path(TREE))
    held: dict[str, dict[str, bytes]] = {"": {}}
    for path, data in dump.properties.items():
        above, _, name = path.rpartition("/")
        words = above.split("/") if above else []
        for depth in range(len(words) + 1):
            held.setdefault("/".join(words[:depth]), {})
        if name != "name":
            held[above][name] = data
    below: dict[str, list[str]] = {}
    for path in held:
        if path:
            below.setdefault(path.rpartition("/")[0], []).append(path)

    def property_of(at: Location, name: str, value: bytes) -> Property:
        where = replace(at, property=name)
        return Property(name, value, where, where)

    def node(path: str) -> Node:
        at = Location(place.file, node=f"/{path}")
        properties = {name: property_of(at, name, value) for name, value in held[path].items()}
        children = tuple(node(child) for child in sorted(below.get(path, ())))
        return Node(path.rpartition("/")[2], f"/{path}", at, properties, children)

    return node("")
