"""Systems for a campaign: each number gives one, the same on every machine.

They vary what the model has rules for: banks, reservations, the cache's geometry and who says it, colors of Xen, dom0
and domains (good and bad ones), sizes, options that are misread, the order of domains.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.units import MIB
from colorcheck.emulation.blob import cells, node, pairs, text
from colorcheck.emulation.stubs import idle_kernel
from colorcheck.emulation.system import Placed
from colorcheck.emulation.virt import BASE, Bytes, VirtContent, VirtMachine, chosen
from colorcheck.inputs.device_tree.tree import Node

MODELS = (("cortex-a53", 16), ("cortex-a57", 32), ("cortex-a72", 16))
"""CPU models with the number of colors that Xen finds for them."""


class Guest(Struct, frozen=True):
    """A dom0less domain; sizes in KiB. No `colors`: the property is left out."""

    memory: int
    vcpus: int
    colors: str | None
    kernel: int

    def __str__(self) -> str:
        return f"domU memory={self.memory} KiB vcpus={self.vcpus} llc-colors={self.colors}"


class Case(Struct, frozen=True):
    """One system: everything about it in a few values. Ranges as [start, end) in bytes."""

    seed: str
    cpu: str
    cpus: int
    gic: int
    banks: tuple[Bytes, ...]
    arguments: tuple[str, ...]
    dom0_kernel: int
    guests: tuple[Guest, ...] = ()
    reserved: tuple[Bytes, ...] = ()
    memory_reservations: tuple[Bytes, ...] = ()

    @property
    def machine(self) -> VirtMachine:
        memory = -(-(self.banks[-1][1] - BASE) // MIB) * MIB
        return VirtMachine(self.cpu, self.cpus, self.gic, memory)

    def content(self) -> VirtContent:
        """The contents of memory: the modules one after the other in the first bank, from 128 MiB on."""
        nodes: list[Node] = []
        modules: list[Placed] = []
        address = self.banks[0][0] + 128 * MIB
        for guest in (None, *self.guests):
            size = self.dom0_kernel if guest is None else guest.kernel
            modules.append(Placed(address, size, idle_kernel(size)))
            kernel = node(f"module@{address:x}", {"compatible": _kernel(guest), "reg": pairs(address, size)})
            nodes.append(kernel if guest is None else _domain(len(nodes), guest, kernel))
            address += -(-size // MIB) * MIB + MIB
        made = chosen(" ".join(self.arguments), *nodes)
        return VirtContent(self.banks, made, tuple(modules), self.reserved, self.memory_reservations)

    def smaller(self) -> Iterator[Case]:
        """The cases with one thing removed from this one."""
        for index in range(len(self.guests)):
            yield replace(self, guests=(*self.guests[:index], *self.guests[index + 1 :]))
        for index, word in enumerate(self.arguments):
            if not word.startswith(("console", "llc-coloring")):
                yield replace(self, arguments=(*self.arguments[:index], *self.arguments[index + 1 :]))
        for index in range(len(self.reserved)):
            yield replace(self, reserved=(*self.reserved[:index], *self.reserved[index + 1 :]))
        for index in range(len(self.memory_reservations)):
            kept = (*self.memory_reservations[:index], *self.memory_reservations[index + 1 :])
            yield replace(self, memory_reservations=kept)
        if len(self.banks) > 1:
            yield replace(self, banks=self.banks[:1])

    def __str__(self) -> str:
        banks = " ".join(f"{start:#x}-{end:#x}" for start, end in self.banks)
        held = " ".join(f"{start:#x}-{end:#x}" for start, end in (*self.reserved, *self.memory_reservations))
        parts = [
            f"{self.cpu}, {self.cpus} CPUs, GICv{self.gic}",
            f"RAM {banks}",
            *([f"reserved {held}"] if held else []),
        ]
        return "; ".join([*parts, " ".join(self.arguments), *map(str, self.guests)])


def generate(seed: str) -> Case:
    """The system of this seed."""
    rng = random.Random(seed)
    cpu, colors = rng.choice(MODELS)
    banks = _banks(rng)
    arguments, colors = _arguments(rng, colors)
    total = sum(end - start for start, end in banks) // MIB
    share = max(16, total // rng.choice((4, 8, 16, 16)))
    guests = tuple(_guest(rng, colors, share) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 5))))
    reserved, held = _held(rng, banks)
    arguments = (f"dom0_mem={rng.choice((32, 32, 64, 64, 96, 128, 200, min(512, share)))}M", *arguments)
    return Case(
        seed,
        cpu,
        rng.randint(1, 4),
        rng.choice((2, 3, 3)),
        banks,
        ("console=dtuart", "llc-coloring=on", *arguments),
        rng.choice((64 << 10, 2 * MIB, 9 * MIB)),
        guests,
        reserved,
        held,
    )


def _banks(rng: random.Random) -> tuple[Bytes, ...]:
    first = rng.choice((512, 768, 1024, 1500, 2048)) * MIB
    found = [(BASE, BASE + first)]
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        start = found[-1][1] + rng.choice((2, 64, 512, 1024)) * MIB
        found.append((start, start + rng.choice((64, 256, 300, 512)) * MIB))
    return tuple(found)


def _arguments(rng: random.Random, colors: int) -> tuple[tuple[str, ...], int]:
    """Xen's options, and the number of colors that they lead to."""
    found: list[str] = []
    if rng.random() < 0.3:
        size, ways = rng.choice(((256, 16), (512, 16), (1024, 16), (2048, 16), (1024, 8), (512, 4)))
        found += (f"llc-size={size}K", f"llc-nr-ways={ways}")
        colors = size // ways // 4
    if rng.random() < 0.7:
        found.append(f"xen-llc-colors={_colors(rng, colors, 2)}")
    if rng.random() < 0.8:
        found.append(f"dom0-llc-colors={_colors(rng, colors, colors // 2)}")
    if rng.random() < 0.2:
        found.append(f"buddy-alloc-size={rng.choice(('32M', '16M', '128M', '8M', '0'))}")
    if rng.random() < 0.1:
        found.append(rng.choice(("llc-colorng=on", "dom0-llc-colors=1,,3", "xen-llc-colors=0-", "dom0_max_vcpus=2")))
    rng.shuffle(found)
    return tuple(found), colors


def _colors(rng: random.Random, colors: int, most: int) -> str:
    count = rng.randint(1, max(1, most))
    chosen_ones = sorted(rng.sample(range(colors), min(count, colors)))
    if rng.random() < 0.04:
        chosen_ones.append(colors)  # one too many: refused
    return color_list(chosen_ones)


def color_list(colors: Sequence[int]) -> str:
    """Ascending colors as people write them: `0-3,6`."""
    found: list[list[int]] = []
    for color in colors:
        if found and color == found[-1][1] + 1:
            found[-1][1] = color
        else:
            found.append([color, color])
    return ",".join(f"{low}-{high}" if high > low else str(low) for low, high in found)


def _guest(rng: random.Random, colors: int, share: int) -> Guest:
    listed = None if rng.random() < 0.1 else _colors(rng, colors, colors // 2)
    most = share * (_count(listed) if listed else colors) // colors + 8
    memory = rng.choice((1024 * rng.randint(4, most), 4096 * rng.randint(1, most // 4), rng.randint(3000, most * 1024)))
    return Guest(memory, rng.randint(1, 3), listed, rng.choice((64 << 10, 2 * MIB)))


def _count(listed: str) -> int:
    """The number of colors in a list."""
    bounds = [part.partition("-") for part in listed.split(",")]
    return sum(int(last or first) - int(first) + 1 for first, _, last in bounds)


def _held(rng: random.Random, banks: Sequence[Bytes]) -> tuple[tuple[Bytes, ...], tuple[Bytes, ...]]:
    """Reserved ranges of the tree and of the blob, after the modules."""
    found: list[Bytes] = []
    start = BASE + 256 * MIB
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        start += rng.randint(1, 40) * MIB + rng.choice((0, 0, 0x1000, 0x3000))
        size = rng.choice((0x1000, 0x10000, MIB, 16 * MIB))
        if start + size <= banks[0][1]:
            found.append((start, start + size))
        start += size
    count = rng.randint(0, len(found))
    return tuple(found[:count]), tuple(found[count:])


def _kernel(guest: Guest | None) -> bytes:
    return text("multiboot,kernel", "multiboot,module") if guest else text("xen,linux-zimage", "multiboot,module")


def _domain(number: int, guest: Guest, kernel: Node) -> Node:
    properties = {
        "compatible": text("xen,domain"),
        "#address-cells": cells(2),
        "#size-cells": cells(2),
        "cpus": cells(guest.vcpus),
        "memory": pairs(guest.memory),
        "vpl011": b"",
    }
    if guest.colors is not None:
        properties["llc-colors"] = text(guest.colors)
    return node(f"domU{number}", properties, kernel)
