"""How long a command takes for n things of one kind: near linear is what a gate needs on branches of strangers.

python benchmarks/bench_growth.py [--most 10000] [--kind NAME]

Each cell runs in a process of its own, with at most `SECONDS` of its CPU and `MEMORY`; prints a table n × CPU seconds,
which are the same on a machine that has other work.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from colorcheck.rules.example import GUEST, Example

SECONDS = 120
MEMORY = 4 << 30
SIZES = (10, 1_000, 10_000)
CONFIG = (
    'MEMORY_START="0x0"\nMEMORY_END="0x80000000"\nDEVICE_TREE="system.dts"\nXEN="xen"\n'
    'DOM0_KERNEL="Image"\nNUM_DOMUS=0\n'
)


def _edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, old  # noqa: S101
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def appended_arguments(folder: Path, n: int) -> None:
    """`XEN_CMD+=` in an ImageBuilder configuration."""
    lines = "".join(f'XEN_CMD+=" opt{i}"\n' for i in range(n))
    (folder / "config").write_text(f'{CONFIG}XEN_CMD="llc-coloring=on"\n{lines}', encoding="utf-8")
    _edit(folder, "colorcheck.toml", "[inputs]", '[inputs]\nimage-builder = "config"')


def repeated_option(folder: Path, n: int) -> None:
    """One boot option again and again."""
    _edit(folder, "system.dts", "dom0_mem=1G", " ".join(["dom0_mem=1G"] * n))


def unknown_options(folder: Path, n: int) -> None:
    """Boot options that Xen does not know."""
    _edit(folder, "system.dts", "dom0_mem=1G", "dom0_mem=1G " + " ".join(f"opt{i}=1" for i in range(n)))


def _guests(folder: Path, n: int, text: str) -> None:
    for i in range(n):
        (folder / f"g{i}.cfg").write_text(text.replace('"rt"', f'"g{i}"'), encoding="utf-8")
    _edit(folder, "colorcheck.toml", '"rt.cfg"', '"g*.cfg"')


def plain_guests(folder: Path, n: int) -> None:
    """xl guests without colors."""
    _guests(folder, n, 'name = "rt"\nkernel = "Image"\nmemory = 1\nvcpus = 1\n')


def colored_guests(folder: Path, n: int) -> None:
    """xl guests with one color."""
    _guests(folder, n, 'name = "rt"\nkernel = "Image"\nmemory = 1\nvcpus = 1\nllc_colors = ["11"]\n')


def banks(folder: Path, n: int) -> None:
    """Banks of memory."""
    cells = ", ".join(f"<0x{8 + i // 1000:x} 0x{(i % 1000) * 0x400000:x} 0x0 0x200000>" for i in range(n))
    _edit(folder, "system.dts", "<0x8 0x0 0x0 0x80000000>", cells)


def reserved_nodes(folder: Path, n: int) -> None:
    """Nodes in /reserved-memory."""
    nodes = "".join(f"r{i}@{i:x} {{ reg = <0x0 0x{0x20000000 + i * 0x10000:x} 0x0 0x1000>; }};\n" for i in range(n))
    head = "reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;\n"
    _edit(folder, "system.dts", "    memory@0 {", f"{head}{nodes}}};\n    memory@0 {{")


def static_ranges(folder: Path, n: int) -> None:
    """Ranges of static memory of one domain."""
    cells = " ".join(f"0x0 0x{0x20000000 + i * 0x2000:x} 0x0 0x1000" for i in range(n))
    domain = (
        'd1 { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>; memory = <0 0x1000>;\n'
        f"xen,static-mem = <{cells}>;\n"
        'module@2000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x2000000 0x0 0x1000>; }; };'
    )
    _edit(folder, "system.dts", "module@1000000 {", f"{domain}\nmodule@1000000 {{")


def long_color_list(folder: Path, n: int) -> None:
    """A list of colors with many parts."""
    _edit(
        folder, "rt.cfg", GUEST[GUEST.index("llc_colors") :].splitlines()[0], f"llc_colors = [{', '.join(['11'] * n)}]"
    )


KINDS: dict[str, tuple[Callable[[Path, int], None], tuple[str, ...]]] = {
    "XEN_CMD+=, effective": (appended_arguments, ("effective",)),
    "one boot option repeated, effective": (repeated_option, ("effective",)),
    "unknown boot options, verify": (unknown_options, ("verify",)),
    "guests without colors, effective": (plain_guests, ("effective",)),
    "guests without colors, verify": (plain_guests, ("verify",)),
    "guests of one color, effective": (colored_guests, ("effective",)),
    "banks, verify": (banks, ("verify",)),
    "reserved nodes, verify": (reserved_nodes, ("verify",)),
    "static-mem ranges, verify": (static_ranges, ("verify",)),
    "parts of a color list, verify": (long_color_list, ("verify",)),
}


def measured(kind: str, n: int) -> str:
    """Seconds of a run, or how it ended."""
    make, words = KINDS[kind]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Example(guests=(("rt.cfg", GUEST),)).write(folder)
        make(folder, n)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "colorcheck", *words, str(folder)],
            capture_output=True,
            check=False,
            preexec_fn=_limits,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if seconds > SECONDS - 1:
            return f"> {SECONDS}"
        return f"{seconds:.1f}" if done.returncode in (0, 1, 4) else f"{seconds:.1f}, ended with {done.returncode}"


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--kind", choices=KINDS, action="append")
    options = parser.parse_args()
    sizes = [n for n in SIZES if n <= options.most]
    print("|", " | ".join(["seconds for n =", *(f"{n:,}" for n in sizes)]), "|")
    print("|---" * (len(sizes) + 1) + "|")
    for kind in options.kind or KINDS:
        print("|", " | ".join([kind, *(measured(kind, n) for n in sizes)]), "|", flush=True)


if __name__ == "__main__":
    main()
