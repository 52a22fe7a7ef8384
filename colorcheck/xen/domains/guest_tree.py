"""The size of the device tree that Xen writes for a dom0less domain, node by node as Xen writes it.

Source: `prepare_dtb_domU` and what it calls (`make_chosen_node`, `make_cpus_node`, `make_memory_node`,
`make_resv_memory_node`, `make_gicv3_domU_node`, `make_timer_node`, `make_vpl011_uart_node`, `make_hypervisor_node`, in
xen/arch/arm, from 4.21 partly xen/common/device-tree), libfdt's sequential writer; 4.20 and 4.21, which write the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import compatible, string
from colorcheck.xen.machine.host_devices import GIC_V2

_HEADER = 40 + 16  # bytes: the header, and the end of the reservations
_CELL, _RANGE = 4, 16  # bytes; a range has two cells for the address and two for the size
_PSCI = len("arm,psci-1.0 arm,psci-0.2 arm,psci ")
_XEN = len("xen,xen-4.20 xen,xen ")
_SHARED = len("xen,shared-memory-v1 ")
_NOT_COPIED = ("xen,reg", "xen,path", "xen,force-assign-without-iommu")
_LONG = 256  # characters of a name; those of the specification have 31 at most
_MOST_HOLES = 2  # extended regions of a guest, before shared memory splits them


class HostParts(Struct, frozen=True):
    """Properties of the host's tree that determine the size of a guest's: the length of the first CPU's compatible
    strings, whether the CPU and the timer have a clock-frequency, and whether the interrupt controller is a GICv2.
    """

    core: int
    cpu_clock: bool
    timer_clock: bool
    gic_v2: bool


class GuestParts(Struct, frozen=True):
    """Properties of a guest that determine the size of its tree. `arguments` are the bytes of its kernel's bootargs
    with the final NUL (0: none), `shared` the id and the guest address of each region, `partial` its partial trees.
    """

    vcpus: int
    banks: int = 1
    arguments: int = 0
    ramdisk: bool = False
    shared: tuple[tuple[str, int], ...] = ()
    uart: bool = False
    enhanced: bool = False
    partial: tuple[DeviceTree, ...] = ()


def host_parts(tree: DeviceTree) -> HostParts:
    cpus = tree.node("/cpus")
    first = next((node for node in cpus.children if string(node, "device_type") == "cpu"), None) if cpus else None
    core = first.properties.get("compatible") if first else None
    nodes = list(tree.root.walk())
    timer = next((node for node in nodes if compatible(node, "arm,armv8-timer", "arm,armv7-timer")), None)
    return HostParts(
        len(core.value) if core else 0,
        bool(first and "clock-frequency" in first.properties),
        bool(timer and "clock-frequency" in timer.properties),
        any(compatible(node, *GIC_V2) and "interrupt-controller" in node.properties for node in nodes),
    )


def tree_size(host: HostParts, guest: GuestParts) -> tuple[int, int]:
    """The least and the most bytes that Xen needs to write the tree: the number of extended regions of an enhanced
    domain is not known.
    """
    return _size(host, guest, 0), _size(host, guest, _MOST_HOLES + len(guest.shared))


def _size(host: HostParts, guest: GuestParts, holes: int) -> int:
    write = _Writer()
    write.begin("")
    write.cells("#address-cells", "#size-cells")
    _chosen(write, guest)
    write.begin("psci")
    write.add("compatible", _PSCI)
    write.add("method", len("hvc "))
    write.cells("cpu_off", "cpu_on")
    write.end()
    _cpus(write, host, guest.vcpus)
    write.begin("memory@40000000")
    write.add("device_type", len("memory "))
    write.add("reg", _RANGE * (guest.banks + len(guest.shared)))
    write.end()
    _shared(write, guest.shared)
    for tree in guest.partial:
        for top in tree.root.children:
            if top.name.lower() in ("aliases", "passthrough"):
                _copied(write, top, passed=top.name.lower() == "passthrough")
    _interrupt_controller(write, host)
    write.begin("timer")
    write.add("compatible", len("arm,armv8-timer "))
    write.add("interrupts", 9 * _CELL)
    write.cells("interrupt-parent", *(("clock-frequency",) if host.timer_clock else ()))
    write.end()
    if guest.uart:
        write.begin("sbsa-uart@22000000")
        write.add("compatible", len("arm,sbsa-uart "))
        write.add("reg", _RANGE)
        write.add("interrupts", 3 * _CELL)
        write.cells("interrupt-parent", "current-speed")
        write.end()
    if guest.enhanced:
        write.begin("hypervisor")
        write.add("compatible", _XEN)
        write.add("reg", _RANGE * (1 + holes))
        write.add("interrupts", 3 * _CELL)
        write.cells("interrupt-parent")
        write.end()
    write.end()
    return write.size + _CELL


def _chosen(write: _Writer, guest: GuestParts) -> None:
    write.begin("chosen")
    if guest.arguments > 1:
        write.add("bootargs", guest.arguments)
    if guest.ramdisk:
        write.add("linux,initrd-start", 2 * _CELL)
        write.add("linux,initrd-end", 2 * _CELL)
    write.end()


def _cpus(write: _Writer, host: HostParts, vcpus: int) -> None:
    write.begin("cpus")
    write.cells("#address-cells", "#size-cells")
    for number in range(vcpus):
        write.begin(f"cpu@{number >> 4 << 8 | number & 15:x}")
        write.add("compatible", host.core)
        write.add("device_type", len("cpu "))
        write.cells("reg", *(("clock-frequency",) if host.cpu_clock else ()))
        write.add("enable-method", len("psci "))
        write.end()
    write.end()


def _shared(write: _Writer, shared: Sequence[tuple[str, int]]) -> None:
    if not shared:
        return
    write.begin("reserved-memory")
    write.add("ranges", 0)
    write.cells("#address-cells", "#size-cells")
    for label, guest in shared:
        write.begin(f"xen-shmem@{guest:x}")
        write.add("compatible", _SHARED)
        write.add("reg", _RANGE)
        write.add("xen,id", len(label) + 1)
        write.add("xen,offset", 2 * _CELL)
        write.end()
    write.end()


def _copied(write: _Writer, node: Node, *, passed: bool) -> None:
    write.begin(node.name)
    for name, found in node.properties.items():
        if not passed or name not in _NOT_COPIED:
            write.add(name, len(found.value))
    for child in node.children:
        _copied(write, child, passed=passed)
    write.end()


def _interrupt_controller(write: _Writer, host: HostParts) -> None:
    write.begin("interrupt-controller@3001000")
    write.cells("#address-cells", "#interrupt-cells")
    write.add("interrupt-controller", 0)
    write.add("compatible", len("arm,gic-400 " if host.gic_v2 else "arm,gic-v3 "))
    if not host.gic_v2:
        write.cells("#redistributor-regions")
    write.add("reg", 2 * _RANGE)
    write.cells("linux,phandle", "phandle")
    write.end()


class _Writer:
    """Counts bytes as libfdt writes them: names and values in whole cells, and each property name once, unless it
    is the end of an earlier one.
    """

    def __init__(self) -> None:
        self.structure = _HEADER
        self.strings = 0
        self._ends: set[str] = set()  # of the names that are there
        self._long: list[str] = []  # names whose ends are too many to be kept

    @property
    def size(self) -> int:
        return self.structure + self.strings

    def begin(self, name: str) -> None:
        self.structure += _CELL + _whole(len(name) + 1)

    def end(self) -> None:
        self.structure += _CELL

    def add(self, name: str, length: int) -> None:
        self.structure += 3 * _CELL + _whole(length)
        if name in self._ends or any(long.endswith(name) for long in self._long):
            return
        self.strings += len(name) + 1
        if len(name) > _LONG:
            self._long.append(name)
        else:
            self._ends.update(name[start:] for start in range(len(name) + 1))

    def cells(self, *names: str) -> None:
        for name in names:
            self.add(name, _CELL)


def _whole(length: int) -> int:
    return -(-length // _CELL) * _CELL
