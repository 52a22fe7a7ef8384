"""Lifecycles for a campaign: a host with a real dom0 and the guests that it creates, destroys and creates again.

Each number gives one, the same on every machine. Guests are stubs that wait for interrupts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.units import MIB, size
from colorcheck.emulation.blob import node, pairs, text
from colorcheck.emulation.generate import MODELS, color_list
from colorcheck.emulation.stubs import idle_kernel
from colorcheck.emulation.system import Placed
from colorcheck.emulation.virt import BASE, VirtContent, VirtMachine, chosen

KERNEL = "/tmp/colorcheck-idle"
_KERNEL_SIZE = 0x10000
_OCTAL_AT_ONCE = 40  # bytes of the stub in one line of the shell


def guest_kernel() -> bytes:
    """The kernel of every guest."""
    return idle_kernel(_KERNEL_SIZE).ljust(_KERNEL_SIZE, b"\0")


class GivenDom0(Struct, frozen=True):
    """What the user provides: the bytes of a kernel (an arm64 Image) and of a ramdisk with xl, and the kernel's
    arguments."""

    kernel: bytes
    ramdisk: bytes
    arguments: str
    digest: str


class Asked(Struct, frozen=True):
    """An xl guest: memory in MiB, colors as in its file (empty: no such line)."""

    name: str
    memory: int
    vcpus: int
    colors: str

    @property
    def file(self) -> str:
        return f"{self.name}.cfg"

    def lines(self, kernel: str = KERNEL) -> tuple[str, ...]:
        """The text of its xl file."""
        found = (f'name = "{self.name}"', f'kernel = "{kernel}"', f"memory = {self.memory}", f"vcpus = {self.vcpus}")
        colors = f"llc_colors = [{', '.join(f'{chr(34)}{part}{chr(34)}' for part in self.colors.split(','))}]"
        return (*found, colors) if self.colors else found

    def __str__(self) -> str:
        return f"{self.name} memory={self.memory} MiB vcpus={self.vcpus} llc_colors={self.colors or None}"


class Life(Struct, frozen=True):
    """A host and what is done on it: `steps` are ("create" | "destroy" | "reboot", name of a guest)."""

    seed: str
    cpu: str
    memory: int
    arguments: tuple[str, ...]
    guests: tuple[Asked, ...]
    steps: tuple[tuple[str, str], ...]

    @property
    def machine(self) -> VirtMachine:
        return VirtMachine(self.cpu, 2, 3, self.memory)

    def content(self, dom0: GivenDom0) -> VirtContent:
        """The contents of memory: dom0's kernel 128 MiB after the start of RAM, followed by its ramdisk."""
        kernel = BASE + 128 * MIB
        ramdisk = kernel + -(-len(dom0.kernel) // MIB) * MIB + MIB
        nodes = (
            node(
                f"module@{kernel:x}",
                {
                    "compatible": text("xen,linux-zimage", "multiboot,module"),
                    "reg": pairs(kernel, len(dom0.kernel)),
                    "bootargs": text(dom0.arguments),
                },
            ),
            node(
                f"module@{ramdisk:x}",
                {"compatible": text("xen,linux-initrd", "multiboot,module"), "reg": pairs(ramdisk, len(dom0.ramdisk))},
            ),
        )
        modules = (
            Placed(kernel, len(dom0.kernel), dom0.kernel),
            Placed(ramdisk, len(dom0.ramdisk), dom0.ramdisk),
        )
        return VirtContent(((BASE, BASE + self.memory),), chosen(" ".join(self.arguments), *nodes), modules)

    def prepared(self) -> Iterator[str]:
        """The shell lines that write the guests' kernel and files into dom0."""
        stub = idle_kernel(_KERNEL_SIZE)
        yield f"cd /tmp && dd if=/dev/zero of={KERNEL} bs=1024 count={_KERNEL_SIZE >> 10} 2>/dev/null"
        for start in range(0, len(stub), _OCTAL_AT_ONCE):
            octal = "".join(f"\\{byte:03o}" for byte in stub[start : start + _OCTAL_AT_ONCE])
            yield f"printf '{octal}' | dd of={KERNEL} bs=1 seek={start} conv=notrunc 2>/dev/null"
        for guest in self.guests:
            yield f": > {guest.file}"
            for line in guest.lines():
                yield f"echo '{line}' >> {guest.file}"

    def commands(self) -> Iterator[str]:
        """The shell line for each step."""
        for kind, name in self.steps:
            create, destroy = f"xl create {name}.cfg", f"xl destroy {name}"
            yield {"create": create, "destroy": destroy, "reboot": f"{destroy} && {create}"}[kind]

    def __str__(self) -> str:
        steps = ", ".join(f"{kind} {name}" for kind, name in self.steps)
        return "; ".join(
            (f"{self.cpu}, RAM {size(self.memory)}", " ".join(self.arguments), *map(str, self.guests), steps)
        )


def generate_life(seed: str) -> Life:
    """The lifecycle of this seed."""
    rng = random.Random(seed)
    cpu, colors = rng.choice(MODELS)
    memory = rng.choice((1536, 2048, 2048)) * MIB
    own = sorted(rng.sample(range(colors), colors // 2))
    arguments = [
        "console=dtuart",
        "llc-coloring=on",
        f"dom0_mem={rng.choice((256, 288, 320))}M",
        f"dom0-llc-colors={color_list(own)}",
        f"xen-llc-colors={color_list(sorted(rng.sample(range(colors), rng.randint(1, 2))))}",
    ]
    if rng.random() < 0.3:
        arguments.append(f"buddy-alloc-size={rng.choice(('96M', '128M', '160M'))}")
    guests = tuple(_asked(rng, f"guest{number}", colors, own) for number in range(rng.choice((1, 2, 2, 3))))
    return Life(seed, cpu, memory, tuple(arguments), guests, tuple(_steps(rng, guests)))


def _asked(rng: random.Random, name: str, colors: int, own: list[int]) -> Asked:
    """Usually with colors that dom0 does not have, so that their frames can be counted exactly; sometimes with more
    memory than they hold."""
    others = [color for color in range(colors) if color not in own] if rng.random() < 0.8 else list(range(colors))
    chosen_ones = sorted(rng.sample(others, rng.randint(1, max(1, len(others) // 2))))
    most = 1200 * len(chosen_ones) // colors
    memory = rng.choice((rng.randint(8, 24), rng.randint(16, max(17, most // 2)), rng.randint(16, most + 40)))
    return Asked(name, memory, rng.randint(1, 2), "" if rng.random() < 0.1 else color_list(chosen_ones))


def _steps(rng: random.Random, guests: tuple[Asked, ...]) -> Iterator[tuple[str, str]]:
    alive: set[str] = set()
    for guest in guests:
        alive.add(guest.name)
        yield "create", guest.name
    for _ in range(rng.randint(2, 5)):
        name = rng.choice(guests).name
        if name not in alive:
            alive.add(name)
            yield "create", name
        elif rng.random() < 0.5:
            yield "reboot", name
        else:
            alive.discard(name)
            yield "destroy", name
