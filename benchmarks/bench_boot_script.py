"""How much a boot script adds: 500 lines on a tree of 50 KB, with and without questions that nothing answers; and what
hostile scripts take.

    python benchmarks/bench_boot_script.py

Each in a process of its own: seconds of the processor beside reading the tree, the peak of the process's memory and how
much of that is the script's. Status 1 where 500 lines that go one way take more than the limit.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

LIMIT = 0.3  # seconds
_LOADS = ["load mmc 0:1 0x600000 xen", "load mmc 0:1 0x8000000 board.dtb", "fdt addr 0x8000000", "fdt resize 0x8000"]
_BOOT = ["booti 0x600000 - 0x8000000", ""]


def image(text: bytes, *, damaged: bool = False) -> bytes:
    """A script behind U-Boot's legacy header."""
    data = len(text).to_bytes(4, "big") + bytes(4) + text
    fields = [0x27051956, 0, 0, len(data), 0, 0, zlib.crc32(data)]
    head = b"".join(each.to_bytes(4, "big") for each in fields) + bytes((5, 22, 6, 0)) + bytes(32)
    head = head[:4] + zlib.crc32(head).to_bytes(4, "big") + head[8:]
    return head + (data[:-1] + bytes((data[-1] ^ 1,)) if damaged else data)


def asking(count: int) -> list[str]:
    """Questions that nothing answers, each of two ways."""
    return [
        f"if test ${{mode{n}}} = a; then fdt set /chosen m{n} a; else fdt set /chosen m{n} b; fi" for n in range(count)
    ]


def hostile() -> dict[str, bytes]:
    """The scripts by their names, each without the loads in front and `booti` behind."""
    texts = {
        "endless loop": "while true; do setenv a b; done",
        "endless loop that asks": "while itest *0x70000000 == 0; do setenv a b; done",
        "loop that doubles a variable": "setenv x aaaa\nwhile true; do setenv x $x$x; done",
        "runs itself twice": "setenv a 'run a; run a'\nrun a",
        "100,000 variables": "\n".join(f"setenv v{n} value{n}" for n in range(100_000)),
        "100,000 variables in one loop": f"for n in {' '.join(map(str, range(100_000)))}; do setenv v$n $n; done",
        "one line of 1 MB": "setenv x " + "y" * 1_000_000,
        "one line of 100,000 words": "fdt set /chosen a " + "<1> " * 100_000,
        "nested 5,000 deep": "if true; then\n" * 5_000,
        "addresses beyond 64 bits": "\n".join(
            f"mw.q 0x{'f' * n} 1 ffffffffffffffff\ncp.q 0 0x{'f' * n} ffffffffffffffff\nfdt addr 0x{'f' * n}"
            for n in range(8, 200)
        ),
        "65,536 questions": "\n".join(asking(65_536)),
        "open quote": 'setenv a "' + "b\n" * 100_000,
    }
    return {name: text.encode() for name, text in texts.items()}


def lines(questions: int) -> list[str]:
    """500 lines, some of them questions that nothing answers."""
    found = list(_LOADS)
    for n in range(62):
        at = f"/chosen/domU{n}"
        found += [
            f"fdt mknod /chosen domU{n}",
            f'fdt set {at} compatible "xen,domain"',
            f"fdt set {at} memory <0 0x10000>",
            f"fdt set {at} cpus <1>",
            f"setenv colors {n % 16}-{n % 16}",
            f'fdt set {at} llc-colors "${{colors}}"',
            f"if test ${{colors}} = 3-3; then fdt set {at} three; fi",
            f"fdt set {at} vpl011",
        ]
    return [*found, *asking(questions), *_BOOT]


ORDINARY = {"500 lines, one way": 0, "500 lines, 2 questions (4 ways)": 2, "500 lines, 6 questions (64 ways)": 6}
SOURCES_ITSELF = "sources itself"
IMAGES = ("damaged image", "image cut off", SOURCES_ITSELF)


def text(name: str) -> bytes:
    """The script of a name."""
    if name in ORDINARY:
        return "\n".join(lines(ORDINARY[name])).encode()
    if name == SOURCES_ITSELF:
        return image("\n".join([*_LOADS, "load mmc 0:1 0x9000000 boot.scr", "source 0x9000000", *_BOOT]).encode())
    if name in IMAGES:
        whole = image("\n".join(lines(0)).encode(), damaged=name == IMAGES[0])
        return whole if name == IMAGES[0] else whole[: len(whole) // 2]
    return b"\n".join(("\n".join(_LOADS).encode(), hostile()[name], "\n".join(_BOOT).encode()))


def deployment(folder: Path, name: str) -> Path:
    """A tree of 50 KB and one of the scripts."""
    nodes = "\n".join(
        f'device@{n:x} {{ compatible = "vendor,device-{n % 17}"; reg = <0 0x{n:x}000 0 0x1000>; '
        f"interrupts = <0 {n} 4>; }};"
        for n in range(0x100, 0x100 + 450)
    )
    tree = f"""/dts-v1/; / {{ #address-cells = <2>; #size-cells = <2>; compatible = "xlnx,zynqmp-zcu102";
chosen {{ }}; memory@0 {{ device_type = "memory"; reg = <0 0 0 0x80000000>; }}; {nodes} }};"""
    (folder / "board.dts").write_text(tree)
    script = "boot.scr" if name in IMAGES else "boot.cmd"
    (folder / script).write_bytes(text(name))
    manifest = '[target]\nxen = "4.21"\nloader = "u-boot"\nmemory = ["0+0x80000000"]\n'
    manifest += "" if "questions" in name else "[target.environment]\n"
    manifest += '[[target.files]]\nname = "xen"\nsize = 0x180000\n'
    (folder / "colorcheck.toml").write_text(
        manifest + f'[inputs]\ndevice-tree = "board.dts"\nboot-script = "{script}"\n'
    )
    return folder / "colorcheck.toml"


def measured(name: str) -> tuple[float, int, int, str]:
    """Seconds of the processor, kilobytes at the peak and of them the script's, and what was found."""
    from colorcheck.inputs.manifest.manifest_reader import read_manifest
    from colorcheck.inputs.read import read_deployment
    from colorcheck.loader.receive import receive

    with tempfile.TemporaryDirectory() as folder:
        manifest = read_manifest(str(deployment(Path(folder), name)), {})
        read = read_deployment(manifest)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.process_time()
        found = receive(read)
        end = time.process_time()
        said = found.stopped or f"{1 + len(found.alternatives)} ways, {len(found.open)} open facts"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return end - begin, peak, peak - before, said.replace(f"{folder}/", "").split(" (")[0]


def main() -> int:
    """Print a row for each script."""
    if len(sys.argv) > 1:
        seconds, peak, more, said = measured(sys.argv[1])
        print(f"| {sys.argv[1]} | {seconds:.2f} s | {peak >> 10} MB | {more >> 10} MB | {said[:90]} |")
        return int(seconds > LIMIT)
    print("| script | time | peak | of it the script | found |\n|---|---:|---:|---:|---|")
    slow = 0
    for name in (*ORDINARY, *hostile(), *IMAGES):
        sys.stdout.flush()
        done = subprocess.run([sys.executable, __file__, name], check=False)
        slow |= done.returncode if name == next(iter(ORDINARY)) else 0
    return slow


if __name__ == "__main__":
    sys.exit(main())
