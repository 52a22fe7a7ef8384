"""A deployment on the machine that QEMU has for its board, unchanged."""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.emulation.blob import to_blob
from colorcheck.emulation.qemu import Qemu, QemuError
from colorcheck.emulation.stubs import STARTER_SIZE, idle_kernel
from colorcheck.emulation.system import Emulated, Placed
from colorcheck.hardware.board import Board
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import cells_below, compatible, ranges_of
from colorcheck.xen.machine.machine import Machine

_MACHINES = {
    "zcu102": ("xlnx-zcu102", "xlnx-zcu102,virtualization=on", 4, 4 << 30),
    "qemu-xlnx-zcu102": ("xlnx-zcu102", "xlnx-zcu102,virtualization=on", 4, 4 << 30),
    "rpi4": ("raspi4b", "raspi4b", 4, 2 << 30),
    "qemu-raspi4b": ("raspi4b", "raspi4b", 4, 2 << 30),
}
"""By board: QEMU's machine, its options, CPUs (real-time cores included), and the most memory that it takes."""
_FIXED = frozenset(("raspi4b",))
"""Machines that accept only this amount of memory; the part that is in no bank belongs to the GPU."""
_STEP = 0x1000


_ALIASED = 0x20000
"""Bytes of a GIC-400's CPU interface of which each page is there sixteen times, as on ZynqMP. Xen tells this by the
identification register (`gicv2_is_aliased`), which QEMU 7.2 does not answer, and then deactivates no interrupt."""
_LAST_ALIAS = 0xF000
_INTERFACES = (1, 3)  # GICC and GICV among the ranges of a GIC-400
_GIC_CHANGE = (
    "the interrupt controller's CPU interfaces are given as the last two of their pages: QEMU hides the aliases"
)


def as_it_is(
    qemu: Qemu, tree: DeviceTree, machine: Machine, board: Board | None
) -> tuple[Emulated, tuple[str, ...]] | None:
    """The unchanged system, and what QEMU needs to be different; None if it has no machine for the board.

    Raises QemuError.
    """
    known = _MACHINES.get(board.name) if board else None
    if board is None or known is None or known[0] not in qemu.machines:
        return None
    name, options, cpus, most = known
    total = sum(bank.size for bank in machine.banks)
    if total > most or (name in _FIXED and any(bank.end > most for bank in machine.banks)):
        return None
    memory = most if name in _FIXED else total
    xen, blob_at = machine.module(ModuleKind.XEN), machine.module(ModuleKind.DEVICE_TREE)
    if xen is None or blob_at is None:
        raise QemuError("it is not known where Xen and the device tree are", "give xen-address and device-tree-address")
    modules = tuple(
        Placed(m.start, m.size, idle_kernel(m.size) if m.kind is ModuleKind.KERNEL else b"")
        for m in machine.modules
        if m not in (xen, blob_at)
    )
    start = _free(machine)
    fitted = replace(tree, root=_without_aliases(tree, tree.root))
    blob = to_blob(fitted)
    system = Emulated(options, "", board.name, cpus, memory, fitted, blob, xen.start, blob_at.start, start, modules)
    return system, (_GIC_CHANGE,) if fitted.root is not tree.root else ()


def _without_aliases(tree: DeviceTree, found: Node) -> Node:
    """The node and its descendants, with the CPU interfaces of a GIC-400 at addresses that Xen can use; the node
    itself if nothing changes."""
    children = tuple(_without_aliases(tree, child) for child in found.children)
    same = all(new is old for new, old in zip(children, found.children, strict=True))
    held = found.properties.get("reg")
    if held is None or not compatible(found, "arm,gic-400"):
        return found if same else replace(found, children=children)
    address, size = cells_below(tree, found.path.rpartition("/")[0])
    value = b""
    for index, (start, length) in enumerate(ranges_of(held, address, size)):
        aliased = index in _INTERFACES and length == _ALIASED
        first, count = (start + _LAST_ALIAS, 0x2000) if aliased else (start, length)
        value += first.to_bytes(4 * address, "big") + count.to_bytes(4 * size, "big")
    properties = {**found.properties, "reg": replace(held, value=value)}
    return replace(found, properties=properties, children=children)


def _free(machine: Machine) -> int:
    """The address of a page that is unused before Xen runs."""
    taken = sorted(held.span for held in (*machine.modules, *machine.reserved, *machine.shared))
    for bank in machine.banks:
        start = bank.start or _STEP  # QEMU takes no 0 for an address
        for low, high in taken:
            if low < start + STARTER_SIZE and start < high:
                start = -(-high // _STEP) * _STEP
        if start + STARTER_SIZE <= bank.end:
            return start
    raise QemuError("no page of the machine's memory is free")
