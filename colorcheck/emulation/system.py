"""A system for QEMU: the machine, the tree, and the contents of memory when Xen starts."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.inputs.device_tree.tree import DeviceTree


class Placed(Struct, frozen=True):
    """A boot module in memory: its address and size in bytes, and its first bytes (empty: memory is left as it is)."""

    address: int
    size: int
    content: bytes


class Emulated(Struct, frozen=True):
    """`machine` and `cpu` as QEMU names them (`cpu` is empty if the machine decides it), `memory` in bytes, counted
    from the start of the machine's RAM. `board` is the catalogue's name of it. `boot_cpu` is QEMU's number."""

    machine: str
    cpu: str
    board: str
    cpus: int
    memory: int
    tree: DeviceTree
    blob: bytes
    xen_address: int
    tree_address: int
    starter_address: int
    modules: tuple[Placed, ...] = ()
    boot_cpu: int = 0
