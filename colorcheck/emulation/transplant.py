"""A deployment moved onto QEMU's `virt` machine: the same domains, colors, options and kinds of memory.

Banks keep their sizes, order and alignment; their contents move with them. What the machine lacks (devices, other
cores, pools) is left out, and every change is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.emulation.blob import cells, pairs
from colorcheck.emulation.stubs import idle_kernel
from colorcheck.emulation.system import Placed
from colorcheck.emulation.virt import BASE, Bytes, VirtContent, VirtMachine, chosen
from colorcheck.hardware.board import Board
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import cells_below, compatible, join, ranges_of, string
from colorcheck.xen.machine.machine import MEMRESERVE, Machine, Range

MODEL_PREFIX = "qemu-virt-"
_GAP = 1 << 30
"""The distances between banks are a multiple of this where they were: no color changes."""
_KERNELS = ("multiboot,kernel", "xen,linux-zimage")
_MODULES = (*_KERNELS, "multiboot,module", "multiboot,ramdisk", "xen,linux-initrd", "xen,xsm-policy")
_DOMAIN = "xen,domain"
_SHARED = "xen,domain-shared-memory-v1"
_CONSOLE_OPTIONS = ("console", "dtuart", "conswitch", "sync_console", "serrors", "sbsa_wdt", "bootscrub")
_LEFT_OUT = ("xen,passthrough", "domain-cpupool", "sve", "xen,tee", "llc-colors-from")


class Transplanted(Struct, frozen=True):
    """The system on the other machine, and its differences, one per line."""

    machine: VirtMachine
    content: VirtContent
    changes: tuple[str, ...]


class Host(Struct, frozen=True):
    """What QEMU offers: CPU models, each as its board in the catalogue; at least one."""

    models: tuple[Board, ...]


def transplant(tree: DeviceTree, machine: Machine, board: Board | None, arguments: str, host: Host) -> Transplanted:
    """Move a system; `arguments` is Xen's command line, `machine` what Xen finds on the board."""
    work = _Work(tree, machine, board, host)
    return work.result(arguments)


class _Work:
    def __init__(self, tree: DeviceTree, machine: Machine, board: Board | None, host: Host) -> None:
        self.tree, self.machine, self.board, self.host = tree, machine, board, host
        self.changes: list[str] = []
        self.moves = tuple(_moves(machine.banks))

    def result(self, arguments: str) -> Transplanted:
        banks = tuple((start + by, end + by) for (start, end), by in self.moves)
        for (start, end), by in self.moves:
            if by:
                self.changes.append(f"bank {start:#x}-{end:#x} lies at {start + by:#x}")
        model, geometry = self._model(arguments)
        cpus = self._cpus()
        modules: list[Placed] = []
        nodes = tuple(self._children(modules))
        memory = -(-(banks[-1][1] - BASE) // (1 << 20)) << 20
        reserved = [held for held in self.machine.reserved if held.label != MEMRESERVE]
        content = VirtContent(
            banks,
            chosen(self._arguments(arguments, geometry), *nodes),
            tuple(modules),
            tuple(self._ranges(reserved)),
            tuple(self._ranges([held for held in self.machine.reserved if held.label == MEMRESERVE])),
            *(self._place(kind) for kind in (ModuleKind.XEN, ModuleKind.DEVICE_TREE)),
        )
        gic = 2 if any(compatible(n, "arm,gic-400", "arm,cortex-a15-gic") for n in self.tree.root.walk()) else 3
        return Transplanted(
            VirtMachine(model, min(cpus, 8) if gic == 2 else cpus, gic, memory), content, tuple(self.changes)
        )

    def _model(self, arguments: str) -> tuple[str, str]:
        """The CPU model with the same geometry; otherwise any, with the geometry in the arguments."""
        wanted = _geometry(self.board)
        core = self.board.clusters[0].cores if self.board and self.board.clusters else ""
        same = [each for each in self.host.models if wanted and _geometry(each) == wanted]
        if same:
            found = next((each for each in same if each.clusters[0].cores == core), same[0])
            if found.clusters[0].cores != core:
                self.changes.append(
                    f"CPU: {found.clusters[0].cores} in place of {core}, with a cache of the same geometry"
                )
            return _model_name(found), ""
        usual = _model_name(self.host.models[0])
        self.changes.append(f"CPU: {usual} in place of {core or 'the board’s'}")
        if wanted is None or "llc-size=" in arguments:
            return usual, ""
        size, ways = wanted
        self.changes.append(f"geometry: given as llc-size={size} llc-nr-ways={ways}, not probed")
        return usual, f"llc-size={size} llc-nr-ways={ways}"

    def _cpus(self) -> int:
        node = self.tree.node("/cpus")
        found = [n for n in node.children if string(n, "device_type") == "cpu"] if node else []
        return max(1, len(found))

    def _arguments(self, arguments: str, geometry: str) -> str:
        words = re.findall(r'(?:"[^"]*"|\S)+', arguments)
        dropped = [word for word in words if word.partition("=")[0] in _CONSOLE_OPTIONS]
        if dropped:
            self.changes.append(f"arguments: without {' '.join(dropped)}, with console=dtuart")
        kept = [word for word in words if word not in dropped]
        return " ".join(("console=dtuart", *kept, *([geometry] if geometry else [])))

    def _place(self, kind: str) -> int | None:
        module = self.machine.module(kind)
        return self._moved(module.start, module.size) if module else None

    def _moved(self, address: int, size: int) -> int | None:
        for (start, end), by in self.moves:
            if start <= address and address + size <= end:
                return address + by
        return None

    def _ranges(self, held: Sequence[Range]) -> Iterator[Bytes]:
        for each in held:
            moved = self._moved(each.start, each.size)
            if moved is None:
                self.changes.append(f"reserved range {each.start:#x}-{each.end:#x} left out: it is not in one bank")
            else:
                yield moved, moved + each.size

    def _children(self, modules: list[Placed]) -> Iterator[Node]:
        """The boot modules and domains of /chosen."""
        found = self.tree.node("/chosen")
        for child in found.children if found else ():
            if compatible(child, _DOMAIN):
                yield self._domain(child, modules)
            elif self._is_module(child):
                yield from self._module(child, modules)
            else:
                self.changes.append(f"{child.path} left out")

    def _is_module(self, child: Node) -> bool:
        return compatible(child, *_MODULES) or child.name.startswith("module@")

    def _domain(self, found: Node, modules: list[Placed]) -> Node:
        below: list[Node] = []
        for child in found.children:
            if compatible(child, "multiboot,device-tree"):
                self.changes.append(f"{child.path} left out: the devices that it passes through do not exist")
            elif self._is_module(child):
                below += self._module(child, modules)
            elif compatible(child, _SHARED):
                below += self._shared(child)
            elif compatible(child, "xen,vcpu"):
                below.append(child)
            else:
                self.changes.append(f"{child.path} left out")
        kept = {name: held for name, held in found.properties.items() if name not in _LEFT_OUT}
        self.changes += (f"{found.path}: {name} left out" for name in found.properties if name in _LEFT_OUT)
        two = {"#address-cells": cells(2), "#size-cells": cells(2)}
        moved = replace(found, properties=kept, children=tuple(below))
        static = kept.get("xen,static-mem")
        if static is not None:
            sizes = cells_below(self.tree, found.path)
            two["xen,static-mem"] = self._repacked(ranges_of(static, *sizes), f"{found.path}: static memory")
        return _set(moved, two)

    def _shared(self, found: Node) -> Iterator[Node]:
        """Static shared memory: a host address, a guest address and a size, or without the host's."""
        held = found.properties.get("xen,shared-mem")
        address, size = cells_below(self.tree, found.path.rpartition("/")[0])
        values = [int.from_bytes(held.value[i : i + 4], "big") for i in range(0, len(held.value), 4)] if held else []
        if len(values) == address + size:
            pair = join(values[:address]), join(values[address:])
            yield _set(found, {"xen,shared-mem": pairs(*pair)})
        elif len(values) == 2 * address + size:
            host, guest = join(values[:address]), join(values[address : 2 * address])
            length = join(values[2 * address :])
            moved = self._moved(host, length)
            if moved is None:
                self.changes.append(f"{found.path} left out: its memory is not in one bank")
            else:
                yield _set(found, {"xen,shared-mem": pairs(moved, guest, length)})
        else:
            self.changes.append(f"{found.path} left out: not valid shared memory")

    def _module(self, found: Node, modules: list[Placed]) -> Iterator[Node]:
        sizes = cells_below(self.tree, found.path.rpartition("/")[0])
        reg = ranges_of(found.properties.get("reg"), *sizes)
        moved = self._moved(*reg[0]) if reg else None
        if moved is None:
            self.changes.append(f"{found.path} left out: {'it is not in one bank' if reg else 'it has no address'}")
            return
        size = reg[0][1]
        is_kernel = compatible(found, *_KERNELS) or self._first_of_unknown(found)
        modules.append(Placed(moved, size, idle_kernel(size) if is_kernel else b""))
        yield _set(found, {"reg": pairs(moved, size)})

    def _first_of_unknown(self, found: Node) -> bool:
        """Whether this is the first module of unknown kind, which Xen treats as the kernel."""
        own = [n for n in (self.tree.node(found.path.rpartition("/")[0]) or found).children if self._is_module(n)]
        known = any(compatible(n, *_KERNELS) for n in own)
        return not known and bool(own) and own[0].path == found.path

    def _repacked(self, ranges: Sequence[tuple[int, int]], what: str) -> bytes:
        found: list[int] = []
        for start, size in ranges:
            moved = self._moved(start, size)
            if moved is None:
                self.changes.append(f"{what} {start:#x}+{size:#x} left out: it is not in one bank")
            else:
                found += (moved, size)
        return pairs(*found)


def _moves(banks: Sequence[Range]) -> Iterator[tuple[Bytes, int]]:
    """Each bank and by how much it moves: the first one to the start of RAM, gaps as small as the alignment allows."""
    end = BASE
    for bank in banks:
        start = end - end % _GAP + bank.start % _GAP
        start += _GAP if start < end else 0
        yield bank.span, start - bank.start
        end = start + bank.size


def _model_name(board: Board) -> str:
    """QEMU's name of a CPU model, from the catalogue's name of its board."""
    return board.name.removeprefix(MODEL_PREFIX)


def _geometry(board: Board | None) -> tuple[int, int] | None:
    """Bytes and ways of the last-level cache of the first cluster."""
    cache = board.clusters[0].llc if board and board.clusters else None
    return (cache.size, cache.ways) if cache and cache.size and cache.ways else None


def _set(found: Node, values: dict[str, bytes]) -> Node:
    from colorcheck.emulation.blob import node

    made = node(found.name, values).properties
    return replace(found, properties={**found.properties, **made})
