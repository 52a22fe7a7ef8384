"""Reads the machine from a deployment: banks, reserved ranges and boot modules as Xen registers them.

Source: `early_scan_node`, `process_memory_node`, `process_reserved_memory_node`, `process_multiboot_node`,
`process_chosen_node`, `process_domain_node` (xen/arch/arm/bootfdt.c, from 4.21 xen/common/device-tree/bootfdt.c).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from typing import TypeVar

from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.core.value import dataclass
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import (
    available,
    cell_sizes,
    compatible,
    number,
    ranges_of,
    string,
    unit_name,
)
from colorcheck.xen.facts.book import Facts
from colorcheck.xen.facts.keys import (
    DOM0_KERNEL,
    IMAGE_SIZE,
    MEMORY,
    RAMDISK_RESERVE,
    TREE_ADDRESS,
    TREE_SIZE,
    XEN_ADDRESS,
)
from colorcheck.xen.machine.machine import MAX_ADDRESS, MEMRESERVE, Machine, Module, Range
from colorcheck.xen.notes import note
from colorcheck.xen.system import Note

R = TypeVar("R", bound=Range)

MAX_MODULES = 32
MAX_BANKS = 256
_DEEPEST_MODULE = 3  # levels below the root
_LONGEST_PATH = 91  # characters of a module's path


@dataclass(slots=True)
class _Scan:
    """What was found so far. `order` has modules and reserved ranges as Xen comes upon them."""

    order: list[Range] = field(default_factory=list)
    banks: list[Range] = field(default_factory=list)
    reserved: list[Range] = field(default_factory=list)
    memreserve: list[Range] = field(default_factory=list)
    shared: list[Range] = field(default_factory=list)
    static_heap: list[Range] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def reserve(self, where: list[Range], found: Range) -> None:
        if _add(self, where, found):
            self.order.append(found)

    def load(self, module: Module) -> None:
        _add(self, self.order, module)


def read_machine(deployment: Deployment, facts: Facts) -> tuple[Machine, tuple[Note, ...]]:
    """The machine that Xen finds, and what about it is surprising. Never fails: a machine may have no memory."""
    scan = _Scan()
    tree = deployment.tree
    banks = facts.read(MEMORY)
    for start, size in banks or ():
        _add(scan, scan.banks, Range(start, size, "memory", facts.fact(MEMORY).location))
    image_size = facts.read(IMAGE_SIZE) or 0
    _loaded(scan, facts, image_size)
    if tree is not None:
        scan.memreserve = [*_memreserve(tree), *_reserved_ramdisk(tree, facts)]
        _scan_tree(scan, tree, memory=banks is None)
    _unnamed_kernel(scan, facts)
    banks = _sorted_banks(scan, deployment)
    modules, refused = _registered(scan)
    _check_modules(scan, banks, modules)
    _check_counts(scan)
    machine = Machine(
        banks,
        (*scan.memreserve, *scan.reserved),
        tuple(scan.shared),
        tuple(scan.static_heap),
        modules,
        image_size,
        refused,
    )
    return machine, tuple(scan.notes)


def _loaded(scan: _Scan, facts: Facts, image_size: int) -> None:
    """Xen and the device tree, where the boot loader puts them. The modules' list begins with them."""
    address = facts.read(XEN_ADDRESS)
    if address is not None:
        scan.load(Module(address, image_size, "Xen", facts.fact(XEN_ADDRESS).location, "xen"))
    address, size = facts.read(TREE_ADDRESS), facts.read(TREE_SIZE)
    if address is not None and size:
        scan.load(Module(address, size, "device tree", facts.fact(TREE_ADDRESS).location, "device-tree"))


def _unnamed_kernel(scan: _Scan, facts: Facts) -> None:
    """dom0's kernel, where the boot loader loads one that the device tree does not name."""
    kernel = facts.read(DOM0_KERNEL)
    if kernel is not None:
        place = facts.fact(DOM0_KERNEL).location
        scan.load(Module(kernel.address, kernel.size, "dom0's kernel", place, "kernel"))


def _add(scan: _Scan, where: list[R], found: R) -> bool:
    """Adds a range, cut off at 2^64, and tells whether it did: an empty bank or reserved range counts for nothing."""
    if found.end > MAX_ADDRESS:
        message = (
            f"{found.label} at {found.start:#x} of {found.size:#x} bytes reaches beyond the end of the address space"
        )
        scan.notes.append(
            note("range-wraps", message, found.location, start=found.start, size=found.size, what=found.label)
        )
        found = replace(found, size=max(0, MAX_ADDRESS - found.start))
    if not found.size and not isinstance(found, Module):
        return False
    where.append(found)
    return True


def _memreserve(tree: DeviceTree) -> Iterator[Range]:
    """The entries of the blob's header; one of size 0 ends the list, as libfdt reads it."""
    for start, size in tree.memory_reservations:
        if size == 0:
            return
        yield Range(start, min(size, MAX_ADDRESS - start), MEMRESERVE, Location(tree.file))


def _reserved_ramdisk(tree: DeviceTree, facts: Facts) -> Iterator[Range]:
    """The `/memreserve/` that U-Boot adds for the ramdisk that it hands over."""
    chosen = tree.node("/chosen")
    if chosen is not None and facts.read(RAMDISK_RESERVE):
        start = number(chosen.properties.get("linux,initrd-start"))
        end = number(chosen.properties.get("linux,initrd-end"))
        if start is not None and end is not None and end > start:
            yield Range(start, end - start, MEMRESERVE, _place(chosen, "linux,initrd-start"))


def _place(node: Node, name: str = "reg") -> Location:
    found = node.properties.get(name)
    return found.location if found else node.location


def _scan_tree(scan: _Scan, tree: DeviceTree, *, memory: bool) -> None:
    outer = cell_sizes(tree.root)
    for node in tree.root.children:
        if unit_name(node) == "memory" and string(node, "device_type") == "memory":
            for start, size in _ranges(node, outer) if memory and available(node) else ():
                _add(scan, scan.banks, Range(start, size, "memory", _place(node)))
        elif node.name == "reserved-memory":
            _reserved_below(scan, node, outer)
        elif node.name == "chosen":
            _static_heap(scan, node, outer)
            _initrd(scan, node)
            _modules_below(scan, node, outer, _Guess())


def _ranges(node: Node, sizes: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return ranges_of(node.properties.get("reg"), *sizes)


def _reserved_below(scan: _Scan, parent: Node, outer: tuple[int, int]) -> None:
    """What is reserved below `parent`; a disabled node reserves nothing."""
    sizes = cell_sizes(parent, *outer)
    for node in parent.children:
        for start, size in _ranges(node, sizes) if available(node) else ():
            scan.reserve(scan.reserved, Range(start, size, node.name, _place(node)))
        _reserved_below(scan, node, sizes)


def _static_heap(scan: _Scan, chosen: Node, sizes: tuple[int, int]) -> None:
    """`xen,static-heap`: reserved ranges that are all of Xen's heap, in the cells of the root."""
    for start, length in ranges_of(chosen.properties.get("xen,static-heap"), *sizes):
        held = Range(start, length, "static heap", _place(chosen, "xen,static-heap"))
        _add(scan, scan.static_heap, held)
        scan.reserve(scan.reserved, held)
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
        scan.load(Module(start, end - start, "ramdisk", place, "ramdisk"))


def _modules_below(scan: _Scan, parent: Node, outer: tuple[int, int], guess: _Guess, depth: int = 2) -> None:
    """Boot modules and what dom0less domains reserve, in the order of the tree. `depth` is that of the children."""
    if depth > _DEEPEST_MODULE:
        return
    sizes = cell_sizes(parent, *outer)
    for node in parent.children:
        if compatible(node, "xen,multiboot-module", "multiboot,module"):
            domain = parent.path if compatible(parent, "xen,domain") else ""
            for start, size in _ranges(node, sizes)[:1] if len(node.path) <= _LONGEST_PATH else ():
                scan.load(Module(start, size, node.name, _place(node), guess.kind(node), domain))
        elif compatible(node, "xen,domain"):
            _static_memory(scan, node, sizes)
        elif compatible(node, "xen,domain-shared-memory-v1"):
            _shared_memory(scan, node, sizes)
        _modules_below(scan, node, sizes, guess, depth + 1)


def _static_memory(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    for start, length in ranges_of(node.properties.get("xen,static-mem"), *sizes):
        place = _place(node, "xen,static-mem")
        scan.reserve(scan.reserved, Range(start, length, f"static memory of {node.name}", place))


def _shared_memory(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    """Static shared memory: host address, guest address, size; without a host address nothing is reserved.

    A region that several domains share counts once (`process_shm_node`).
    """
    address, size = sizes
    found = node.properties.get("xen,shared-mem")
    if found is None or len(found.value) < 4 * (2 * address + size):
        return
    start = int.from_bytes(found.value[: 4 * address], "big")
    length = int.from_bytes(found.value[8 * address : 8 * address + 4 * size], "big")
    if any(held.start == start and held.size == length for held in scan.shared):
        return
    held = Range(start, length, f"shared memory {string(node, 'xen,shm-id') or node.name}", found.location)
    scan.reserve(scan.shared, held)
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


def _registered(scan: _Scan) -> tuple[tuple[Module, ...], bool]:
    """The modules that Xen keeps, and whether it refuses the tree.

    A module that overlaps what came before it is left out with a message; a reserved range that does so ends the
    boot. What lies inside a `/memreserve/` entry does no harm: boot loaders reserve what they load.
    """
    found: list[Module] = []
    before: list[Range] = []
    refused = False
    for held in scan.order:
        others = [*before, *(m for m in scan.memreserve if not _inside(held, m))]
        other = next((known for known in others if held.overlaps(known)), None)
        if other is None:
            before.append(held)
            found += [held] if isinstance(held, Module) else []
        elif not isinstance(held, Module):
            refused = True
            message = f"the reserved range {held.label} at {held.start:#x} overlaps {other.label} at {other.start:#x}"
            what = {"first": other.label, "second": held.label}
            scan.notes.append(note("reserved-overlap", f"{message}: Xen panics", held.location, **what))
        elif not (other in found and other.start == held.start and other.size == held.size):
            message = f"{held.label} at {held.start:#x} overlaps {other.label} at {other.start:#x}: Xen ignores it"
            scan.notes.append(note("module-overlap", message, held.location, module=held.label, other=other.label))
    if len(found) > MAX_MODULES:
        message = f"{len(found)} boot modules: Xen keeps {MAX_MODULES} and ignores the others"
        scan.notes.append(note("too-many-modules", message, found[MAX_MODULES].location, count=len(found)))
    return tuple(found[:MAX_MODULES]), refused


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
