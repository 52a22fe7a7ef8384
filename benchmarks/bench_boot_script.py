"""How much a boot script adds: 500 lines on a tree of 50 KB, in a process of its own as a user runs it."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

LIMIT = 0.3  # seconds


def deployment(folder: Path) -> Path:
    """A tree of 50 KB and a script of 500 lines."""
    nodes = "\n".join(
        f'device@{n:x} {{ compatible = "vendor,device-{n % 17}"; reg = <0 0x{n:x}000 0 0x1000>; '
        f"interrupts = <0 {n} 4>; }};"
        for n in range(0x100, 0x100 + 450)
    )
    tree = f"""/dts-v1/; / {{ #address-cells = <2>; #size-cells = <2>; compatible = "xlnx,zynqmp-zcu102";
chosen {{ }}; memory@0 {{ device_type = "memory"; reg = <0 0 0 0x80000000>; }}; {nodes} }};"""
    (folder / "board.dts").write_text(tree)
    lines = ["load mmc 0:1 0x600000 xen", "load mmc 0:1 0x8000000 board.dtb", "fdt addr 0x8000000", "fdt resize 0x8000"]
    for n in range(62):
        at = f"/chosen/domU{n}"
        lines += [
            f"fdt mknod /chosen domU{n}",
            f'fdt set {at} compatible "xen,domain"',
            f"fdt set {at} memory <0 0x10000>",
        ]
        lines += [
            f"fdt set {at} cpus <1>",
            f"setenv colors {n % 16}-{n % 16}",
            f'fdt set {at} llc-colors "${{colors}}"',
        ]
        lines += [f"if test ${{colors}} = 3-3; then fdt set {at} three; fi", f"fdt set {at} vpl011"]
    (folder / "boot.cmd").write_text("\n".join([*lines, "booti 0x600000 - 0x8000000", ""]))
    manifest = '[target]\nxen = "4.21"\nloader = "u-boot"\nmemory = ["0+0x80000000"]\n[target.environment]\n'
    manifest += '[[target.files]]\nname = "xen"\nsize = 0x180000\n'
    (folder / "colorcheck.toml").write_text(
        manifest + '[inputs]\ndevice-tree = "board.dts"\nboot-script = "boot.cmd"\n'
    )
    return folder / "colorcheck.toml"


def main() -> int:
    """Print the seconds of the CPU that following takes beside reading the tree; status 1 above the limit."""
    from colorcheck.inputs.manifest.manifest_reader import read_manifest
    from colorcheck.inputs.read import read_deployment
    from colorcheck.loader.receive import receive

    with tempfile.TemporaryDirectory() as folder:
        manifest = read_manifest(str(deployment(Path(folder))), {})
        begin = time.process_time()
        read = read_deployment(manifest)
        middle = time.process_time()
        found = receive(read)
        end = time.process_time()
    print(f"reading {middle - begin:.2f} s, following {end - middle:.2f} s, tree {found.device_tree[1]} bytes")
    return 0 if end - middle < LIMIT and not found.stopped else 1


if __name__ == "__main__":
    sys.exit(main())
