"""Reads the machine from a deployment: banks, reserved ranges and boot modules as Xen registers them.

Source: `early_scan_node`, `process_memory_node`, `process_reserved_memory_node`, `process_multiboot_node`,
`process_chosen_node`, `process_domain_node` (xen/arch/arm/bootfdt.c, from 4.21 xen/common/device-tree/bootfdt.c).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import available, cell_sizes, number, ranges_of, string, unit_name
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.xen.facts.below_chosen import kernels_in_doubt
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.keys import (
    DOM0_KERNEL,
    IMAGE_SIZE,
    MEMORY,
    RAMDISK_RESERVE,
    STATIC_SHM,
    TREE_ADDRESS,
    TREE_SIZE,
    XEN_ADDRESS,
)
from colorcheck.xen.kinds import Note
from colorcheck.xen.machine.chosen_walk import Item, VisitedNode, below_chosen
from colorcheck.xen.machine.machine import MAX_ADDRESS, MEMRESERVE, BootModule, Machine, Range
from colorcheck.xen.machine.met_ranges import Apart, Entries
from colorcheck.xen.machine.shared_memory import RefusedSharedMemory, Shared, read_shared
from colorcheck.xen.notes.domains import SharedMemoryFault, SharedMemoryRefused, StaticSharedMemory
from colorcheck.xen.notes.machine import (
    BankOverlap,
    BankUnaligned,
    InitrdDamaged,
    InitrdFault,
    MemoryWithoutReg,
    ModuleArgumentsLong,
    ModuleOutsideMemory,
    ModuleOverlap,
    ModuleShortReg,
    ModuleWithoutReg,
    NoMemory,
    RangeWithoutCells,
    RangeWraps,
    RegionTable,
    RegRest,
    ReservedOverlap,
    StaticHeap,
    TooManyModules,
    TooManyRegions,
)

R = TypeVar("R", bound=Range)

LOGGED = "reserved memory in the boot log"
MAX_MODULES = 32
_KINDS = (ModuleKind.KERNEL, ModuleKind.RAMDISK)  # of dom0, which Xen treats differently
MAX_ARGUMENTS = 1024  # bytes of a module's `bootargs` (BOOTMOD_MAX_CMDLINE)
EARLY = "Early FDT parsing failed ({})"
EINVAL, ENOENT, ENOSPC = -22, -2, -28
_OVERLAPPING_BANKS = "Xen BUG at common/page_alloc.c:309"  # `bootmem_region_add`, 4.21.2 and 4.22.0
MAX_BANKS = 256
STATIC_MEMORY = "static memory of"


class _Scan(Struct):
    """The results so far. `order` has modules and reserved ranges in Xen's order."""

    facts: FactBook
    order: list[Range] = field(default_factory=list)
    banks: list[Range] = field(default_factory=list)
    reserved: list[Range] = field(default_factory=list)
    memreserve: list[Range] = field(default_factory=list)
    shared: list[Range] = field(default_factory=list)
    static_heap: list[Range] = field(default_factory=list)
    shared_memory: list[Shared] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    panics: list[str] = field(default_factory=list)
    loader: Loader | None = None
    arguments: int = 0  # modules so far whose `bootargs` Xen keeps

    def stop(self, message: str) -> None:
        """Xen stops with this message; only the first one is printed."""
        self.panics.append(message)

    def reserve(self, where: list[Range], found: Range) -> None:
        if _add(self, where, found) or not found.size:
            self.order.append(found)

    def load(self, module: BootModule) -> None:
        _add(self, self.order, module)


def read_machine(deployment: Deployment, facts: FactBook) -> tuple[Machine, tuple[Note, ...]]:
    """The machine that Xen finds, and notes about it. Never fails: a machine may have no memory."""
    scan = _Scan(facts, loader=deployment.loader)
    tree = deployment.tree
    given = facts.read(MEMORY)
    for start, size in given or ():
        _add(scan, scan.banks, Range(start, size, "memory", facts.fact(MEMORY).location))
    image_size = facts.read(IMAGE_SIZE) or 0
    _loaded(scan, facts, image_size)
    if tree is not None:
        scan.memreserve = [*_memreserve(tree), *_reserved_ramdisk(tree, facts)]
        _scan_tree(scan, tree, memory=given is None)
    else:
        _logged_ranges(scan, deployment)
    _unnamed_kernel(scan, facts)
    _given(scan, deployment)
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
        next(iter(scan.panics), EARLY.format(EINVAL) if refused else ""),
        final=scan.loader is Loader.NONE or _all_logged(deployment, modules),
        unloaded=frozenset(_unloaded(deployment)),
        doubted=frozenset(kernel.address for kernel in kernels_in_doubt(deployment)),
    )
    return machine, tuple(scan.notes)


def _all_logged(deployment: Deployment, modules: Sequence[BootModule]) -> bool:
    """Whether a boot log lists exactly these modules: then none is added."""
    logged = deployment.boot_log.modules_found if deployment.boot_log else None
    return logged is not None and {m.address for m in logged} == {m.start for m in modules}


def _unloaded(deployment: Deployment) -> Iterator[int]:
    """Addresses of domain kernels that nothing loads:

    Xen's EFI loader loads files named by `xen,uefi-binary`, but not modules with a plain `reg` (`kernel_probe` then
    fails with EINVAL; measured). A boot script, `[[target.modules]]` or a log of a boot that ended differently show
    that they are loaded.
    """
    log, tree, target = deployment.boot_log, deployment.tree, deployment.manifest.target
    if tree is None or target.loader is not Loader.UEFI or deployment.followed is not None:
        return
    for found in below_chosen(tree):
        if found.kind is not ModuleKind.KERNEL or "xen,uefi-binary" in found.node.properties or not found.domain:
            continue
        panic = f"Could not set up domain {found.domain[8:]} (rc = {EINVAL})"
        if log is not None and (log.panic is None or str(log.panic.value) != panic):
            continue
        stated = {module.address for module in target.modules}
        yield from (start for start, _ in _ranges(found.node, found.sizes)[:1] if start not in stated)


def _loaded(scan: _Scan, facts: FactBook, image_size: int) -> None:
    """Add Xen and the device tree at their load addresses, at the start of the list of modules."""
    address = facts.read(XEN_ADDRESS)
    if address is not None:
        scan.load(BootModule(address, image_size, "Xen", facts.fact(XEN_ADDRESS).location, ModuleKind.XEN))
    address, size = facts.read(TREE_ADDRESS), facts.read(TREE_SIZE)
    if address is not None and size:
        scan.load(BootModule(address, size, "device tree", facts.fact(TREE_ADDRESS).location, ModuleKind.DEVICE_TREE))


def _logged_ranges(scan: _Scan, deployment: Deployment) -> None:
    """Without a device tree: the reserved ranges that Xen printed. Each counts as one of `/reserved-memory`, which
    Xen maps into dom0; a log does not tell those of `/memreserve/` apart.
    """
    for said in deployment.boot_log.reserved_found or () if deployment.boot_log else ():
        if isinstance(said.value, tuple):
            start, end = said.value
            scan.reserve(scan.reserved, Range(start, end - start, LOGGED, said.location))


def _unnamed_kernel(scan: _Scan, facts: FactBook) -> None:
    """Add dom0's kernel if the boot loader loads one that the device tree does not name."""
    kernel = facts.read(DOM0_KERNEL)
    if kernel is not None:
        place = facts.fact(DOM0_KERNEL).location
        scan.load(BootModule(kernel.address, kernel.size, "dom0's kernel", place, ModuleKind.KERNEL))


def _given(scan: _Scan, deployment: Deployment) -> None:
    """Add the modules of `[[target.modules]]`, unless a boot script or a final tree already determines all modules."""
    if deployment.loader is Loader.NONE:
        return
    known = {held.start for held in scan.order if isinstance(held, BootModule)}
    for module in deployment.given_modules:
        if module.address is not None and module.size is not None and module.address not in known:
            logged = deployment.boot_log is not None and module.location.file == deployment.boot_log.file
            label = f"{module.kind} of {'the boot log' if logged else '[[target.modules]]'}"
            kind = module.kind if module.kind in _KINDS else ModuleKind.OTHER
            scan.load(BootModule(module.address, module.size, label, module.location, kind))


def _add(scan: _Scan, where: list[R], found: R) -> bool:
    """Add a range, cut off at 2^64; returns whether it was added: an empty bank or reserved range is ignored, but in
    `order`, for Xen stops at one that is within an earlier range."""
    if found.end > MAX_ADDRESS:
        scan.notes.append(RangeWraps(found.location, "", start=found.start, size=found.size, what=found.label))
        found = replace(found, size=max(0, MAX_ADDRESS - found.start))
    if not found.size and not isinstance(found, BootModule):
        return False
    where.append(found)
    return True


def _memreserve(tree: DeviceTree) -> Iterator[Range]:
    """The entries of the blob's header; one of size 0 ends the list, as libfdt reads it."""
    for start, size in tree.memory_reservations:
        if size == 0:
            return
        yield Range(start, min(size, MAX_ADDRESS - start), MEMRESERVE, Location(tree.file))


def _reserved_ramdisk(tree: DeviceTree, facts: FactBook) -> Iterator[Range]:
    """The `/memreserve/` entry that U-Boot adds for a ramdisk."""
    chosen = tree.node("/chosen")
    if chosen is not None and facts.read(RAMDISK_RESERVE):
        start = number(chosen.properties.get("linux,initrd-start"))
        end = number(chosen.properties.get("linux,initrd-end"))
        if start is not None and end is not None and end > start:
            yield Range(start, end - start, MEMRESERVE, _place(chosen, "linux,initrd-start"))


def _place(node: Node, name: str = "reg") -> Location:
    found = node.properties.get(name)
    return found.location if found else node.location


_FIRST_CELLS = (2, 1)  # if /reserved-memory has none: the walk begins there and does not inherit the root's


def _scan_tree(scan: _Scan, tree: DeviceTree, *, memory: bool) -> None:
    outer = cell_sizes(tree.root)
    for node in tree.root.children:
        if unit_name(node) == "memory" and string(node, "device_type") == "memory":
            if memory and available(node):
                _bank(scan, node, outer)
        elif node.name == "reserved-memory":
            _reserved_below(scan, node, _FIRST_CELLS)
        elif node.name == "chosen":
            _static_heap(scan, node, outer)
            _initrd(scan, node)
            for found in below_chosen(tree):
                _below_chosen(scan, found)


def _bank(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    """Read a memory node (`device_tree_get_meminfo`); without `reg` Xen stops, unless a boot loader writes one."""
    _check_cells(scan, node, sizes)
    for start, size in _ranges(node, sizes):
        _add(scan, scan.banks, Range(start, size, "memory", _place(node)))
    _check_length(scan, node, sizes)
    if "reg" not in node.properties and scan.loader is Loader.NONE:
        scan.notes.append(MemoryWithoutReg(node.location, "", node=node.path))
        scan.stop(EARLY.format(ENOENT))


def _check_cells(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    """Xen stops at ranges of memory whose addresses or sizes have no cells, whether there are any or not."""
    if min(sizes) < 1:
        scan.notes.append(RangeWithoutCells(node.location, "", node.path))
        scan.stop(EARLY.format(EINVAL))


def _check_length(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    """A note if `reg` does not consist of whole entries: Xen ignores the rest."""
    given, width = node.properties.get("reg"), 4 * sum(sizes)
    if given is not None and width and len(given.value) % width:
        rest = len(given.value) % width
        scan.notes.append(RegRest(given.location, "", node.path, rest, length=len(given.value), width=width))


def _ranges(node: Node, sizes: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return ranges_of(node.properties.get("reg"), *sizes)


def _reserved_below(scan: _Scan, parent: Node, outer: tuple[int, int]) -> None:
    """Add the reserved ranges below `parent`; a disabled node reserves nothing."""
    sizes = cell_sizes(parent, *outer)
    for node in parent.children:
        for start, size in _ranges(node, sizes) if available(node) else ():
            scan.reserve(scan.reserved, Range(start, size, node.name, _place(node)))
        if available(node):
            _check_cells(scan, node, sizes)
            _check_length(scan, node, sizes)
        _reserved_below(scan, node, sizes)


def _static_heap(scan: _Scan, chosen: Node, sizes: tuple[int, int]) -> None:
    """Read `xen,static-heap`: reserved ranges that form Xen's whole heap, in the cells of the root."""
    for start, length in ranges_of(chosen.properties.get("xen,static-heap"), *sizes):
        held = Range(start, length, "static heap", _place(chosen, "xen,static-heap"))
        _add(scan, scan.static_heap, held)
        scan.reserve(scan.reserved, held)
        scan.notes.append(StaticHeap(held.location, "", start=held.start, end=held.end))


def _initrd(scan: _Scan, chosen: Node) -> None:
    """dom0's ramdisk as `linux,initrd-start` and `-end` give it (`process_chosen_node`)."""
    first, last = (chosen.properties.get(f"linux,initrd-{end}") for end in ("start", "end"))
    if first is None:
        return
    start, end = number(first), number(last)
    if start is not None and end is not None and start < end:
        scan.load(BootModule(start, end - start, "ramdisk", first.location, ModuleKind.RAMDISK))
        return
    if start is None:
        wrong = InitrdDamaged(first.location, "", InitrdFault.START_LENGTH, length=len(first.value))
    elif last is None:
        wrong = InitrdDamaged(first.location, "", InitrdFault.NO_END)
    elif end is None:
        wrong = InitrdDamaged(last.location, "", InitrdFault.END_LENGTH, length=len(last.value))
    else:
        wrong = InitrdDamaged(last.location, "", InitrdFault.NOT_ABOVE, start=start, end=end)
    scan.notes.append(wrong)
    scan.stop(EARLY.format(EINVAL))


def _below_chosen(scan: _Scan, found: VisitedNode) -> None:
    match found.item:
        case Item.MODULE:
            _module(scan, found)
        case Item.DOMAIN:
            _static_memory(scan, found.node, found.sizes)
        case Item.SHARED_MEMORY:
            _shared_memory(scan, found.node, found.sizes)


def _module(scan: _Scan, found: VisitedNode) -> None:
    """Read a boot module; without a complete `reg` Xen stops, unless a boot loader writes one
    (`process_multiboot_node`).
    """
    node = found.node
    for start, size in _ranges(node, found.sizes)[:1]:
        scan.load(BootModule(start, size, node.name, _place(node), found.kind, found.domain))
        _module_arguments(scan, node)
        return
    given = node.properties.get("reg")
    if given is not None:
        needed = 4 * sum(found.sizes)
        scan.notes.append(ModuleShortReg(given.location, "", node.path, needed, given=len(given.value)))
        scan.stop(f"fdt: node `{node.name}': `reg` property length is too short")
        return
    firmware = "xen,uefi-binary" in node.properties  # under UEFI, also U-Boot's bootefi, Xen loads it and writes reg
    stops = scan.loader is Loader.NONE and not firmware
    if stops:
        scan.stop(f"node {node.name} missing `reg' property")
    if not firmware:
        scan.notes.append(
            ModuleWithoutReg(
                node.location,
                found.domain[len("/chosen/") :],
                module=node.path,
                module_kind=found.kind,
                stops=stops,
            )
        )


def _module_arguments(scan: _Scan, node: Node) -> None:
    """What a module's kernel is started with: Xen keeps it for 32 modules, and stops where it is too long
    (`add_boot_cmdline`)."""
    given = node.properties.get("bootargs")
    if given is None or scan.arguments >= MAX_MODULES:
        return
    scan.arguments += 1
    length = len(given.value.partition(b"\0")[0])
    if length > MAX_ARGUMENTS:
        scan.notes.append(ModuleArgumentsLong(given.value_location, "", node.path, length, most=MAX_ARGUMENTS))
        scan.stop(f"module {node.path.split('/')[-2]} command line too long")


def _static_memory(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    for start, length in ranges_of(node.properties.get("xen,static-mem"), *sizes):
        place = _place(node, "xen,static-mem")
        scan.reserve(scan.reserved, Range(start, length, f"{STATIC_MEMORY} {node.name}", place))


def _shared_memory(scan: _Scan, node: Node, sizes: tuple[int, int]) -> None:
    """Read static shared memory; a region that several domains share is added once, and without a host address
    nothing is reserved: Xen takes it from the buddy heap.
    """
    read = read_shared(node, sizes, scan.shared_memory)
    if isinstance(read, RefusedSharedMemory):
        place = _place(node, read.key)
        scan.notes.append(SharedMemoryRefused(place, "", node.path, read.fault, read.number, read.other))
        scan.stop(EARLY.format(read.code))
        return
    place = _place(node, "xen,shared-mem")
    if not scan.facts.read(STATIC_SHM):
        scan.notes.append(SharedMemoryRefused(node.location, "", node.path, SharedMemoryFault.NOT_BUILT_IN))
        scan.stop(EARLY.format(EINVAL))
        return
    if any(other.id == read.id for other in scan.shared_memory):
        return
    scan.shared_memory.append(read)
    label = f"shared memory {read.id or node.name}"
    if read.start is None:
        scan.notes.append(StaticSharedMemory(place, "", start=0, end=read.size, id=label, hosted=False))
        return
    held = Range(read.start, read.size, label, place)
    if any(held.overlaps(entry) for entry in scan.memreserve):
        scan.notes.append(ReservedOverlap(place, "", first=MEMRESERVE, second=label, start=held.start))
        scan.stop(EARLY.format(EINVAL))
    scan.reserve(scan.shared, held)
    scan.notes.append(StaticSharedMemory(place, "", start=held.start, end=held.end, id=label))


def _sorted_banks(scan: _Scan, deployment: Deployment) -> tuple[Range, ...]:
    """The banks in ascending order; overlaps are merged."""
    if not scan.banks:
        place = Location(deployment.tree.file) if deployment.tree else deployment.manifest.location("target")
        scan.notes.append(NoMemory(place, ""))
    found: list[Range] = []
    for bank in sorted(scan.banks, key=lambda held: held.start):
        if bank.start % PAGE or bank.end % PAGE:
            scan.notes.append(BankUnaligned(bank.location, "", start=bank.start, end=bank.end))
        if found and bank.start < found[-1].end:
            below = found[-1].start, found[-1].end
            scan.notes.append(BankOverlap(bank.location, "", start=bank.start, end=bank.end, other=below))
            if -(-bank.start // PAGE) < min(bank.end, found[-1].end) // PAGE and scan.loader in (None, Loader.NONE):
                scan.stop(_OVERLAPPING_BANKS)
            if bank.end > found[-1].end:
                found.append(replace(bank, start=found[-1].end, size=bank.end - found[-1].end))
        else:
            found.append(bank)
    return tuple(found)


# Registered first, so that no entry of /memreserve/ drops them.
_BEFORE_MEMRESERVE = (ModuleKind.XEN, ModuleKind.DEVICE_TREE)


def _registered(scan: _Scan) -> tuple[tuple[BootModule, ...], bool]:
    """The modules that Xen keeps, and whether it refuses the tree.

    A module that overlaps an earlier entry is ignored with a message; such a reserved range ends the boot. Ranges
    within a `/memreserve/` entry are harmless: boot loaders reserve what they load.
    """
    found: list[BootModule] = []
    before, entries = Apart(), Entries(scan.memreserve)
    refused = False
    for held in scan.order:
        other = before.first_met(held)
        if other is None and not (isinstance(held, BootModule) and held.kind in _BEFORE_MEMRESERVE):
            other = entries.first_met(held)
        if other is None:
            if held.size or isinstance(held, BootModule):
                before.add(held)
            found += [held] if isinstance(held, BootModule) else []
        elif not isinstance(held, BootModule):
            refused = True
            scan.notes.append(ReservedOverlap(held.location, "", other.label, held.label, held.start, other.start))
        elif not (isinstance(other, BootModule) and other.start == held.start and other.size == held.size):
            scan.notes.append(ModuleOverlap(held.location, "", held.label, other.label, held.start, other.start))
    if len(found) > MAX_MODULES:
        scan.notes.append(TooManyModules(found[MAX_MODULES].location, "", count=len(found)))
    return tuple(found[:MAX_MODULES]), refused


def _inside(inner: Range, outer: Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _check_modules(scan: _Scan, banks: tuple[Range, ...], modules: tuple[BootModule, ...]) -> None:
    for module in modules:
        if module.size and not any(_inside(module, bank) for bank in banks) and banks:
            crashes = not any(module.overlaps(bank) for bank in banks)
            scan.notes.append(
                ModuleOutsideMemory(
                    module.location,
                    "",
                    module=module.label,
                    start=module.start,
                    end=module.end,
                    crashes=crashes,
                )
            )


def _check_counts(scan: _Scan) -> None:
    """Xen's tables hold 256 banks and 256 reserved ranges, those of `/memreserve/` among them; with more it stops."""
    held = [*scan.memreserve, *scan.reserved]
    full = "Max number of supported reserved-memory regions reached."
    if len(scan.memreserve) > MAX_BANKS:
        full = "Cannot allocate reserved memory bank"
    elif len(held) > MAX_BANKS and held[MAX_BANKS].label.startswith(STATIC_MEMORY):
        full = EARLY.format(ENOSPC)
    for what, found, stop in (
        (RegionTable.BANKS, scan.banks, EARLY.format(ENOSPC)),
        (RegionTable.RESERVED, held, full),
    ):
        if len(found) > MAX_BANKS:
            place = found[MAX_BANKS].location
            scan.notes.append(TooManyRegions(place, "", count=len(found), limit=MAX_BANKS, what=what))
            scan.stop(stop)
