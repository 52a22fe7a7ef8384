"""How long open facts take: dom0 and three dom0less domains with five open facts, of which a separation reads two.

    python benchmarks/bench_open.py [--rounds N]

The facts are finite: the boot CPU (two clusters), boot-time pools, static shared memory, the ramdisk's reservation and
the physical address bits. `boots` and the theorems on memory read all five, 112 worlds; those on pairs the first two.
Whole verifications in one process, in seconds of the processor, the best of the rounds. Nothing is remembered from one
run to the next.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from time import process_time

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.proof.solver import forget
from colorcheck.rules.example import BOOT_ARGUMENTS, Example
from colorcheck.workflows import verify as pipeline

CPUS = """
        cpu-map { cluster0 { core0 { cpu = <&a0>; }; }; cluster1 { core0 { cpu = <&b0>; }; }; };
        a0: cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci";
            next-level-cache = <&l2a>; };
        b0: cpu@100 { device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <0x100>; enable-method = "psci";
            next-level-cache = <&l2b>; };
        l2a: l2-a { compatible = "cache"; cache-unified; cache-level = <2>; cache-size = <0x100000>;
            cache-line-size = <64>; cache-sets = <1024>; };
        l2b: l2-b { compatible = "cache"; cache-unified; cache-level = <2>; cache-size = <0x200000>;
            cache-line-size = <64>; cache-sets = <2048>; };"""
POOLS = """p0: p0 { compatible = "xen,cpupool"; cpupool-cpus = <&a0>; };
        p1: p1 { compatible = "xen,cpupool"; cpupool-cpus = <&b0>; };"""
RAMDISK = "linux,initrd-start = <0x7000000>; linux,initrd-end = <0x7100000>;"
SHARED = """shm@50000000 { compatible = "xen,domain-shared-memory-v1"; xen,shm-id = "m"; role = "owner";
            xen,shared-mem = <0 0x50000000 0 0x50000000 0 0x1000000>; };"""
DOMAIN = """d{n} {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>;
            memory = <0 0x10000>; llc-colors = "{low}-{high}"; {more}
            module@{n}4000000 {{ compatible = "multiboot,kernel", "multiboot,module";
                reg = <0 0x{n}4000000 0 0x100000>; }}; {inside}
        }};"""


def example(*, placed: bool = True, opened: bool = True) -> Example:
    """Four domains; with everything given, or with five facts open, or with places open, too."""
    domains = [
        DOMAIN.format(
            n=n,
            low=9 + 2 * n,
            high=10 + 2 * n,
            more="domain-cpupool = <&p1>;" if n == 1 and opened else "",
            inside=SHARED if n == 2 and opened else "",
        )
        for n in (1, 2)
    ]
    domains.append(DOMAIN.format(n=3, low=9, high=10, more="", inside=""))
    return Example(
        xen="4.22",
        board="" if opened else "zcu102",
        compatible="x,board",
        boot_arguments=BOOT_ARGUMENTS.replace("2-10", "2-8") + " llc-size=1M llc-nr-ways=16",
        cpus=CPUS if opened else "",
        chosen=(RAMDISK + POOLS if opened else "") + "".join(domains),
        placed=placed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| open | facts | theorems | proved | time |\n|---|---:|---:|---:|---:|")
    for title, made in (
        ("nothing", example(opened=False)),
        ("five finite facts", example()),
        ("these and all places", example(placed=False)),
    ):
        best = float("inf")
        with tempfile.TemporaryDirectory() as folder:
            path = made.write(Path(folder))
            for _ in range(rounds):
                forget()
                begin = process_time()
                found = pipeline.verify(read_manifest(str(path)))
                best = min(best, process_time() - begin)
        worlds = found.facts.results[0].worlds
        proved = sum(theorem.verdict == "proved" for theorem in found.theorems)
        unknown = len(worlds.open) if worlds else 0
        print(f"| {title} | {unknown} | {len(found.theorems)} | {proved} | {best:.2f} s |", flush=True)


if __name__ == "__main__":
    main()
