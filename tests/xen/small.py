"""Small deployments from a few words, for tests of the model."""

from __future__ import annotations

import tempfile
from pathlib import Path

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.read import read_device_tree
from colorcheck.inputs.manifest.manifest import Manifest, Target
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.plugins.manager import catalogue
from colorcheck.xen.booted import Boot
from colorcheck.xen.effective import effective
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.system import System

KERNEL = """module@49000000 { compatible = "multiboot,kernel", "multiboot,module";
    reg = <0x0 0x49000000 0x0 0x10000>; };"""
A53 = "qemu-virt-cortex-a53"


def reserved(*ranges: tuple[int, int]) -> str:
    """A node of reserved ranges, (start, size) each, below 4 GiB."""
    nodes = "".join(f"r@{start:x} {{ reg = <0x0 {start:#x} 0x0 {size:#x}>; }};" for start, size in ranges)
    return f"reserved-memory {{ #address-cells = <2>; #size-cells = <2>; ranges; {nodes} }};"


def domain(name: str, extra: str = "", memory: int = 0x10000) -> str:
    """A dom0less domain of `memory` KiB with a kernel."""
    address = 0x4A000000 + (sum(map(ord, name)) % 64) * 0x200000
    return f"""{name} {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
        memory = <0x0 {memory}>; cpus = <1>; {extra}
        module@{address:x} {{ compatible = "multiboot,kernel", "multiboot,module";
            reg = <0x0 {address:#x} 0x0 0x10000>; }};
    }};"""


def deployment(
    arguments: str | None = "llc-coloring=on dom0_mem=256M",
    chosen: str = KERNEL,
    *,
    memory: str = "0x0 0x40000000 0x0 0x80000000",
    root: str = "",
    before: str = "",
    guests: tuple[str, ...] = (),
    kconfig: dict[str, str] | None = None,
    target: Target | None = None,
) -> Deployment:
    """A tree with one memory node (none where `memory` is empty), `chosen` and what else the root has."""
    node = f'memory@40000000 {{ device_type = "memory"; reg = <{memory}>; }};' if memory else ""
    own = f'xen,xen-bootargs = "{arguments}";' if arguments is not None else ""
    text = f"""/dts-v1/; {before}
/ {{ #address-cells = <2>; #size-cells = <2>; {root} {node}
    chosen {{ #address-cells = <2>; #size-cells = <2>; {own} {chosen} }};
}};"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "system.dts")
        path.write_text(text)
        tree = read_device_tree(str(path))
    given = target or Target(
        xen_image_size=0x174000, xen_address=0x40200000, device_tree_address=0x48000000, device_tree_size=0x9000
    )
    files = tuple(read_xl(bootable(guest), f"guest{number}.cfg") for number, guest in enumerate(guests))
    manifest = Manifest("colorcheck.toml", ".", given)
    return Deployment(manifest, tree, files, kconfig=kconfig or {}, xen_image_size=given.xen_image_size)


def bootable(guest: str) -> str:
    """A guest's file with a kernel, where the text has none."""
    return guest if "kernel" in guest else f'{guest}\nkernel = "/boot/Image"\n'


def a53() -> Board:
    return catalogue().board(A53)


def system(given: Deployment, version: str = "4.20") -> System:
    return effective(given, a53(), version)


def booted(given: Deployment, version: str = "4.20") -> Boot:
    found = boot(system(given, version))
    assert found is not None
    return found


def kinds(found: System | Boot) -> set[str]:
    return {note.kind for note in found.notes}
