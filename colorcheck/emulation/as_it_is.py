"""A deployment on the very machine that QEMU has for its board: nothing is moved."""

from __future__ import annotations

from colorcheck.emulation.blob import to_blob
from colorcheck.emulation.qemu import Qemu, QemuError
from colorcheck.emulation.stubs import STARTER_SIZE, idle_kernel
from colorcheck.emulation.system import Emulated, Placed
from colorcheck.hardware.board import Board
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.xen.machine.machine import Machine

_MACHINES = {
    "zcu102": ("xlnx-zcu102", "xlnx-zcu102,virtualization=on", 6, 4 << 30),
    "qemu-xlnx-zcu102": ("xlnx-zcu102", "xlnx-zcu102,virtualization=on", 6, 4 << 30),
    "rpi4": ("raspi4b", "raspi4b", 4, 2 << 30),
    "qemu-raspi4b": ("raspi4b", "raspi4b", 4, 2 << 30),
}
"""By board: QEMU's machine, its options, CPUs (real-time cores included), and the most memory that it takes."""
_STEP = 0x1000


def as_it_is(qemu: Qemu, tree: DeviceTree, machine: Machine, board: Board | None) -> Emulated | None:
    """The system as it is; None where QEMU has no machine for the board. Raises QemuError."""
    known = _MACHINES.get(board.name) if board else None
    if board is None or known is None or known[0] not in qemu.machines:
        return None
    _, options, cpus, most = known
    total = sum(bank.size for bank in machine.banks)
    if total > most:
        return None
    xen, blob_at = machine.module("xen"), machine.module("device-tree")
    if xen is None or blob_at is None:
        raise QemuError("where Xen and the device tree lie is not known", "give xen-address and device-tree-address")
    modules = tuple(
        Placed(m.start, m.size, idle_kernel(m.size) if m.kind == "kernel" else b"")
        for m in machine.modules
        if m not in (xen, blob_at)
    )
    start = _free(machine)
    return Emulated(options, "", board.name, cpus, total, tree, to_blob(tree), xen.start, blob_at.start, start, modules)


def _free(machine: Machine) -> int:
    """A page that nothing needs before Xen runs."""
    taken = sorted(held.span for held in (*machine.modules, *machine.reserved, *machine.shared))
    for bank in machine.banks:
        start = bank.start or _STEP  # QEMU takes no 0 for an address
        for low, high in taken:
            if low < start + STARTER_SIZE and start < high:
                start = -(-high // _STEP) * _STEP
        if start + STARTER_SIZE <= bank.end:
            return start
    raise QemuError("no page of the machine's memory is free")
