"""QEMU's `virt` machine with its own /chosen, memory and reservations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.units import MIB
from colorcheck.emulation.blob import cells, node, pairs, text, to_blob
from colorcheck.emulation.qemu import Qemu, QemuError, machine_tree
from colorcheck.emulation.stubs import STARTER_SIZE
from colorcheck.emulation.system import Emulated, Placed
from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.tree import DeviceTree, Node

BASE = 0x4000_0000  # where the machine's RAM begins (QEMU, hw/arm/virt.c)
CONSOLE = "/pl011@9000000"
_OWN_TREE = (BASE, BASE + MIB)  # where QEMU itself puts a tree that nobody reads here
_XEN_ALIGNMENT = 2 * MIB
_SLACK = 0x1000

Bytes = tuple[int, int]  # [start, end)


class VirtMachine(Struct, frozen=True):
    """The properties of the machine that can be chosen. `memory` in bytes from BASE on."""

    cpu: str
    cpus: int
    gic: int
    memory: int

    @property
    def name(self) -> str:
        return f"virt,virtualization=on,gic-version={self.gic}"


class VirtContent(Struct, frozen=True):
    """What is put into it: banks and reserved ranges as [start, end) in bytes, /chosen, the boot modules, and where
    Xen and the tree are wanted (None: anywhere)."""

    banks: tuple[Bytes, ...]
    chosen: Node
    modules: tuple[Placed, ...] = ()
    reserved: tuple[Bytes, ...] = ()
    memory_reservations: tuple[Bytes, ...] = ()
    xen: int | None = None
    tree: int | None = None


def emulated(qemu: Qemu, machine: VirtMachine, content: VirtContent, xen_size: int) -> Emulated:
    """The system that QEMU runs. Raises QemuError if QEMU does not have the machine, or no memory is free for Xen."""
    tree = _tree(_base(qemu, machine.name, machine.cpu, machine.cpus), content)
    blob = to_blob(tree)
    free = _Free(content, machine.memory)
    xen_at = free.take(xen_size, _XEN_ALIGNMENT, content.xen)
    tree_at = free.take(len(blob) + _SLACK, 8, content.tree)
    starter_at = free.take(STARTER_SIZE, 0x1000, None)
    board = f"qemu-virt-{machine.cpu}"
    return Emulated(
        machine.name,
        machine.cpu,
        board,
        machine.cpus,
        machine.memory,
        tree,
        blob,
        xen_at,
        tree_at,
        starter_at,
        content.modules,
    )


def chosen(arguments: str, *children: Node) -> Node:
    """/chosen with Xen's arguments; addresses and sizes below it take two cells each."""
    two = {"#address-cells": cells(2), "#size-cells": cells(2)}
    return node("chosen", {"stdout-path": text(CONSOLE), "xen,xen-bootargs": text(arguments), **two}, *children)


@lru_cache(maxsize=64)
def _base(qemu: Qemu, machine: str, cpu: str, cpus: int) -> DeviceTree:
    """The machine's own tree; apart from its memory node it is the same with any memory."""
    read = read_blob("machine.dtb", machine_tree(qemu, machine, cpu, cpus, 1 << 30))
    if read.tree is None:
        raise QemuError(f"the device tree that QEMU makes for {machine} cannot be read")
    return read.tree


def _tree(base: DeviceTree, content: VirtContent) -> DeviceTree:
    kept = [child for child in base.root.children if child.name != "chosen" and not child.name.startswith("memory@")]
    made = [*_memory(content.banks), *_reserved(content.reserved), content.chosen]
    root = _with_paths(replace(base.root, children=(*kept, *made)), "/")
    held = tuple((start, end - start) for start, end in content.memory_reservations)
    return replace(base, root=root, memory_reservations=held)


def _with_paths(found: Node, path: str) -> Node:
    below = path.rstrip("/") + "/"
    return replace(found, path=path, children=tuple(_with_paths(child, below + child.name) for child in found.children))


def _memory(banks: Sequence[Bytes]) -> Iterator[Node]:
    value = pairs(*(number for start, end in banks for number in (start, end - start)))
    yield node(f"memory@{banks[0][0]:x}", {"device_type": text("memory"), "reg": value})


def _reserved(ranges: Sequence[Bytes]) -> Iterator[Node]:
    if ranges:
        held = [node(f"range@{start:x}", {"reg": pairs(start, end - start)}) for start, end in ranges]
        two = {"#address-cells": cells(2), "#size-cells": cells(2), "ranges": b""}
        yield node("reserved-memory", two, *held)


class _Free:
    """The unused bytes of RAM."""

    def __init__(self, content: VirtContent, memory: int) -> None:
        self.banks = [(start, min(end, BASE + memory)) for start, end in content.banks]
        taken = [*content.reserved, *content.memory_reservations, _OWN_TREE]
        self.taken: list[Bytes] = [*taken, *((m.address, m.address + m.size) for m in content.modules)]

    def take(self, size: int, alignment: int, wanted: int | None) -> int:
        for start in self._places(alignment, wanted):
            span = (start, start + size)
            if any(low <= start and span[1] <= high for low, high in self.banks) and not self._meets(span):
                self.taken.append(span)
                return start
        raise QemuError(f"nothing is free in the machine's memory for {size} bytes", "omit a module or a range")

    def _meets(self, span: Bytes) -> bool:
        return any(span[0] < end and start < span[1] for start, end in self.taken)

    def _places(self, alignment: int, wanted: int | None) -> Iterator[int]:
        if wanted is not None and wanted % alignment == 0:
            yield wanted
        ends: Iterable[int] = [end for _, end in self.taken]
        for start in sorted({*ends, *(low for low, _ in self.banks)}):
            yield -(-start // alignment) * alignment
