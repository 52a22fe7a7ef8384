"""Reads the machine from a deployment: banks, reserved ranges and boot modules as Xen registers them.

Source: `early_scan_node`, `process_memory_node`, `process_reserved_memory_node`, `process_multiboot_node`,
`process_chosen_node`, `process_domain_node` (xen/arch/arm/bootfdt.c, from 4.21 xen/common/device-tree/bootfdt.c).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from itertools import pairwise
from typing import TypeVar

from colorcheck.hardware.board import PAGE
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.tree import DeviceTree, Node
from colorcheck.inputs.tree_walk import cell, cell_sizes, compatible, number, ranges_of, reg, string
from colorcheck.source import Location
from colorcheck.value import dataclass
from colorcheck.xen.machine import MAX_ADDRESS, Machine, Module, Range
from colorcheck.xen.note_kinds import note
from colorcheck.xen.system import Note

R = TypeVar("R", bound=Range)

MAX_MODULES = 32
MAX_BANKS = 256
USUAL_IMAGE_SIZE = {"4.20": 0x174000, "4.21": 0x17C000, "4.22": 0x17C000}
"""`_end - _start` of the builds that the memory model was measured with, for a target that does not say."""


@dataclass(slots=True)
class _Scan:
    """What was found so far."""

    banks: list[Range] = field(default_factory=list)
    reserved: list[Range] = field(default_factory=list)
    memreserve: list[Range] = field(default_factory=list)
    shared: list[Range] = field(default_factory=list)
    static_heap: list[Range] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read_machine(deployment: Deployment, version: str) -> tuple[Machine, tuple[Note, ...]]:
    """The machine that Xen finds, and what about it is surprising. Never fails: a machine may have no memory."""
    scan = _Scan()
    tree = deployment.tree
    _given_memory(scan, deployment)
    image_size = _image_size(scan, deployment, version)
    _loaded(scan, deployment, image_size)
    if tree is not None:
        scan.memreserve = list(_memreserve(tree))
        _scan_tree(scan, tree, memory=deployment.manifest.target.memory is None)
    banks = _sorted_banks(scan, deployment)
    modules = _registered(scan)
    _check_modules(scan, banks, modules)
    _check_counts(scan)
    machine = Machine(
        banks,
        (*scan.memreserve, *scan.reserved),
        tuple(scan.shared),
        tuple(scan.static_heap),
        modules,
        image_size,
    )
    return machine, tuple(scan.notes)


def _given_memory(scan: _Scan, deployment: Deployment) -> None:
    location = deployment.manifest.location("target.memory")
    for start, size in deployment.manifest.target.memory or ():
        _add(scan, scan.banks, Range(start, size, "memory", location))


def _image_size(scan: _Scan, deployment: Deployment, version: str) -> int:
    size = deployment.xen_image_size or deployment.manifest.target.xen_image_size
    if size and size > 0:
        return size
    usual = USUAL_IMAGE_SIZE.get(version, max(USUAL_IMAGE_SIZE.values()))
    message = f"the size of Xen's image is not given; a usual build's {usual:#x} bytes stand in"
    scan.notes.append(note("image-size-assumed", message, deployment.manifest.location("target"), size=usual))
    return usual


def _loaded(scan: _Scan, deployment: Deployment, image_size: int) -> None:
    """Xen and the device tree, where the boot loader puts them. The modules' list begins with them."""
    manifest, target = deployment.manifest, deployment.manifest.target
    if target.xen_address is None:
        message = "where the boot loader puts Xen is not given: its old place may keep Xen from moving there"
        scan.notes.append(note("xen-address-unknown", message, manifest.location("target")))
    else:
        place = manifest.location("target.xen-address")
        _add(scan, scan.modules, Module(target.xen_address, image_size, "Xen", place, "xen"))
    size = target.device_tree_size or (deployment.tree.size if deployment.tree else 0)
    if target.device_tree_address is None or not size:
        message = "where the boot loader puts the device tree is not given: the regions around it are not modelled"
        scan.notes.append(note("device-tree-address-unknown", message, manifest.location("target")))
    else:
        place = manifest.location("target.device-tree-address")
        _add(scan, scan.modules, Module(target.device_tree_address, size, "device tree", place, "device-tree"))


def _add(scan: _Scan, where: list[R], found: R) -> None:
    """Adds a range, cut off at 2^64; an empty bank or reserved range counts for nothing."""
    if found.end > MAX_ADDRESS:
        message = (
            f"{found.label} at {found.start:#x} of {found.size:#x} bytes reaches beyond the end of the address space"
        )
        scan.notes.append(
            note("range-wraps", message, found.location, start=found.start, size=found.size, what=found.label)
        )
        found = replace(found, size=max(0, MAX_ADDRESS - found.start))
    if found.size or isinstance(found, Module):
        where.append(found)


def _memreserve(tree: DeviceTree) -> Iterator[Range]:
    """The entries of the blob's header; one of size 0 ends the list, as libfdt reads it."""
    for start, size in tree.memory_reservations:
        if size == 0:
            return
        yield Range(start, min(size, MAX_ADDRESS - start), "/memreserve/", Location(tree.file))


def _place(node: Node, name: str = "reg") -> Location:
    found = node.properties.get(name)
    return found.location if found else node.location


def _scan_tree(scan: _Scan, tree: DeviceTree, *, memory: bool) -> None:
    for node in tree.root.children:
        if memory and string(node, "device_type") == "memory":
            for start, size in reg(node, tree.root):
                _add(scan, scan.banks, Range(start, size, "memory", _place(node)))
        elif node.name == "reserved-memory":
            for child in node.children:
                for start, size in reg(child, node):
                    _add(scan, scan.reserved, Range(start, size, child.name, _place(child)))
    chosen = tree.node("/chosen")
    if chosen is not None:
        _initrd(scan, chosen)
        _static_heap(scan, chosen)
        _modules_below(scan, chosen, _Guess())


def _static_heap(scan: _Scan, chosen: Node) -> None:
    """`xen,static-heap`: reserved ranges that are all of Xen's heap."""
    found = chosen.properties.get("xen,static-heap")
    address = cell(chosen, "#xen,static-heap-address-cells") or 2
    size = cell(chosen, "#xen,static-heap-size-cells") or 2
    for start, length in ranges_of(found, address, size):
        held = Range(start, length, "static heap", _place(chosen, "xen,static-heap"))
        _add(scan, scan.static_heap, held)
        _add(scan, scan.reserved, held)
        message = (
            "with a static heap all of Xen's memory is in the buddy heap: the color heap is empty and no domain "
            "gets any memory"
        )
        scan.notes.append(note("static-heap", message, held.location, start=held.start, end=held.end))


@dataclass(slots=True)
class _Guess:
    """How many modules of unknown kind came before: the first is taken for a kernel, the second for a ramdisk."""

    unknown: int = 0

    def kind(self, node: Node) -> str:
        if compatible(node, "xen,linux-zimage", "multiboot,kernel"):
            return "kernel"
        if compatible(node, "xen,linux-initrd", "multiboot,ramdisk"):
            return "ramdisk"
        if compatible(node, "xen,xsm-policy", "multiboot,device-tree"):
            return "other"
        self.unknown += 1
        return {1: "kernel", 2: "ramdisk"}.get(self.unknown, "other")


def _initrd(scan: _Scan, chosen: Node) -> None:
    """dom0's ramdisk as `linux,initrd-start` and `-end` give it (`process_chosen_node`)."""
    start = number(chosen.properties.get("linux,initrd-start"))
    end = number(chosen.properties.get("linux,initrd-end"))
    if start is not None and end is not None and end > start:
        place = _place(chosen, "linux,initrd-start")
        _add(scan, scan.modules, Module(start, end - start, "ramdisk", place, "ramdisk"))


def _modules_below(scan: _Scan, parent: Node, guess: _Guess) -> None:
    """Boot modules and what dom0less domains reserve, in the order of the tree."""
    for node in parent.children:
        if compatible(node, "xen,multiboot-module", "multiboot,module"):
            domain = parent.path if compatible(parent, "xen,domain") else ""
            for start, size in reg(node, parent)[:1]:
                _add(scan, scan.modules, Module(start, size, node.name, _place(node), guess.kind(node), domain))
        elif compatible(node, "xen,domain"):
            _static_memory(scan, node)
        elif compatible(node, "xen,domain-shared-memory-v1"):
            _shared_memory(scan, node, parent)
        _modules_below(scan, node, guess)


def _static_memory(scan: _Scan, node: Node) -> None:
    address = cell(node, "#xen,static-mem-address-cells") or 2
    size = cell(node, "#xen,static-mem-size-cells") or 2
    for start, length in ranges_of(node.properties.get("xen,static-mem"), address, size):
        _add(scan, scan.reserved, Range(start, length, f"static memory of {node.name}", _place(node, "xen,static-mem")))


def _shared_memory(scan: _Scan, node: Node, parent: Node) -> None:
    """Static shared memory: host address, guest address, size; without a host address nothing is reserved.

    A region that several domains share counts once (`process_shm_node`).
    """
    address, size = cell_sizes(parent)
    found = node.properties.get("xen,shared-mem")
    if found is None or len(found.value) < 4 * (2 * address + size):
        return
    start = int.from_bytes(found.value[: 4 * address], "big")
    length = int.from_bytes(found.value[8 * address : 8 * address + 4 * size], "big")
    if any(held.start == start and held.size == length for held in scan.shared):
        return
    held = Range(start, length, f"shared memory {string(node, 'xen,shm-id') or node.name}", found.location)
    _add(scan, scan.shared, held)
    message = f"{held.label} lies in frames of every color, which coloring does not keep apart"
    shared = note("static-shared-memory", message, found.location, start=start, end=held.end, id=held.label)
    scan.notes.append(shared)


def _sorted_banks(scan: _Scan, deployment: Deployment) -> tuple[Range, ...]:
    """The banks ascending; what overlaps is counted once."""
    if not scan.banks:
        message = (
            "there is no memory: the device tree has no memory node (a boot loader fills it in); write [target] memory"
        )
        place = Location(deployment.tree.file) if deployment.tree else deployment.manifest.location("target")
        scan.notes.append(note("no-memory", message, place))
    found: list[Range] = []
    for bank in sorted(scan.banks, key=lambda held: held.start):
        if bank.start % PAGE or bank.end % PAGE:
            message = f"the memory {bank.start:#x}-{bank.end:#x} does not begin and end on a page of 4 KiB"
            scan.notes.append(note("bank-unaligned", message, bank.location, start=bank.start, end=bank.end))
        if found and bank.start < found[-1].end:
            message = f"the memory {bank.start:#x}-{bank.end:#x} overlaps {found[-1].start:#x}-{found[-1].end:#x}"
            scan.notes.append(note("bank-overlap", message, bank.location, start=bank.start, end=bank.end))
            if bank.end > found[-1].end:
                found.append(replace(bank, start=found[-1].end, size=bank.end - found[-1].end))
        else:
            found.append(bank)
    return tuple(found)


def _registered(scan: _Scan) -> tuple[Module, ...]:
    """The modules that Xen keeps: one that overlaps another, or a reserved range, is left out with a message.

    A module inside a `/memreserve/` entry is kept: boot loaders reserve what they load.
    """
    found: list[Module] = []
    for module in scan.modules:
        others = [*found, *scan.reserved, *scan.shared, *(m for m in scan.memreserve if not _inside(module, m))]
        other = next((held for held in others if module.overlaps(held)), None)
        if other is None:
            found.append(module)
        elif not (other in found and other.start == module.start and other.size == module.size):
            message = f"{module.label} at {module.start:#x} overlaps {other.label} at {other.start:#x}: Xen ignores it"
            scan.notes.append(note("module-overlap", message, module.location, module=module.label, other=other.label))
    if len(found) > MAX_MODULES:
        message = f"{len(found)} boot modules: Xen keeps {MAX_MODULES} and ignores the others"
        scan.notes.append(note("too-many-modules", message, found[MAX_MODULES].location, count=len(found)))
    return tuple(found[:MAX_MODULES])


def _inside(inner: Range, outer: Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _check_modules(scan: _Scan, banks: tuple[Range, ...], modules: tuple[Module, ...]) -> None:
    for module in modules:
        if module.size and not any(_inside(module, bank) for bank in banks) and banks:
            crashes = not any(module.overlaps(bank) for bank in banks)
            message = f"{module.label} at {module.start:#x}-{module.end:#x} does not lie in memory"
            scan.notes.append(
                note(
                    "module-outside-memory",
                    message,
                    module.location,
                    module=module.label,
                    start=module.start,
                    end=module.end,
                    crashes=crashes,
                )
            )


def _check_counts(scan: _Scan) -> None:
    for what, found in (("banks of memory", scan.banks), ("reserved ranges", [*scan.memreserve, *scan.reserved])):
        if len(found) > MAX_BANKS:
            message = f"{len(found)} {what}: Xen keeps {MAX_BANKS} and refuses the device tree"
            place = found[MAX_BANKS].location
            scan.notes.append(note("too-many-regions", message, place, count=len(found), limit=MAX_BANKS, what=what))
    ordered = sorted([*scan.reserved, *scan.shared], key=lambda held: held.start)
    for low, high in pairwise(ordered):
        if low.overlaps(high):
            message = f"the reserved range {high.label} at {high.start:#x} overlaps {low.label} at {low.start:#x}"
            scan.notes.append(note("reserved-overlap", message, high.location, first=low.label, second=high.label))
