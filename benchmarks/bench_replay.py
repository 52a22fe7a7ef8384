"""How fast the boot model is, against its page-by-page twin of the tests, and how much memory it takes.

python benchmarks/bench_replay.py            the table
python benchmarks/bench_replay.py --twin 16  the twin too, at 16 GiB (about a minute)
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.replay.lifecycle import Balloon, Create, Destroy, Reboot, Step, lifecycle
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import ColorSource, DomainKind
from colorcheck.xen.machine.machine import BootModule, Machine, Range
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.memory.p2m import dom0less_pool
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.system import Domain, System
from tests.xen.oracle import boot as twin_boot

HERE = Location("benchmark")
NOTHING = Deployment(Manifest("", ""))
RAM = 0x4000_0000
SIZES = ((2, 16, 4), (16, 16, 4), (64, 128, 32), (1024, 128, 32))


def system(gib: int, nr_colors: int, domains: int) -> System:
    """`gib` GiB of memory in one bank, and domains with colors of their own that take six tenths of it."""
    modules = [
        BootModule(RAM + 0x20_0000, 0x17_4000, "Xen", HERE, ModuleKind.XEN),
        BootModule(RAM + 0x800_0000, 0x9000, "", HERE),
    ]
    modules += [BootModule(RAM + 0x900_0000 + i * 0x20_0000, 0x1_0000, "", HERE) for i in range(min(domains, 30))]
    machine = Machine((Range(RAM, gib << 30, "memory", HERE),), modules=tuple(modules), image_size=0x17_4000)
    share = nr_colors // domains
    mib = gib * 1024 * 6 // 10 // domains
    built = tuple(
        Domain(
            number + 1,
            f"domain{number}",
            DomainKind.DOM0LESS,
            tuple(range(number * share, (number + 1) * share)),
            ColorSource.GIVEN,
            HERE,
            HERE,
            pages=mib * 256,
            p2m_pages=dom0less_pool(mib * 1024, 1),
        )
        for number in range(domains)
    )
    prepared = Preparation(machine, 64 << 20, HERE, (), 3, 0)
    colors = ColorSource.GIVEN
    return System(
        release_of("4.20"), True, nr_colors, nr_colors * 4096, (0,), colors, HERE, HERE, built, preparation=prepared
    )


def booted(given: System) -> Boot:
    found = boot(given)
    if found is None or found.panic:
        raise SystemExit(f"this system must boot: {found and found.panic}")
    return found


def seconds(given: System, repeats: int = 20) -> float:
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        booted(given)
        best = min(best, time.perf_counter() - begin)
    return best


def peak(given: System) -> int:
    tracemalloc.start()
    booted(given)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def lived(given: System, count: int) -> float:
    """Seconds for so many steps after the boot: guests end, come back and balloon, each in its turn."""
    base = booted(given)
    names = [domain.name for domain in given.domains]
    steps: list[Step] = []
    while len(steps) < count:
        name = names[len(steps) // 4 % len(names)]
        steps += (Balloon(name, 1 << 16), Destroy(name), Create(name), Reboot(name))
    begin = time.perf_counter()
    if len(list(lifecycle(base, steps[:count]))) != count:
        raise SystemExit("steps are missing")
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--twin", type=int, default=2, metavar="GIB", help="boot the twin too, up to this many GiB")
    options = parser.parse_args()
    print(f"{'GiB':>5} {'colors':>7} {'domains':>8} {'model':>10} {'peak':>9} {'twin':>10} {'ratio':>8}")
    for gib, nr_colors, domains in SIZES:
        given = system(gib, nr_colors, domains)
        fast, memory = seconds(given), peak(given)
        line = f"{gib:>5} {nr_colors:>7} {domains:>8} {fast * 1000:>7.2f} ms {memory / 1e6:>6.2f} MB"
        if gib <= options.twin:
            begin = time.perf_counter()
            twin = twin_boot(given)
            slow = time.perf_counter() - begin
            if twin.final != booted(given).free_final:
                raise SystemExit("model and twin differ")
            line += f" {slow:>8.2f} s {slow / fast:>8.0f}"
        print(line)
    for gib, nr_colors, domains in SIZES[:3]:
        taken = min(lived(system(gib, nr_colors, domains), 10_000) for _ in range(3))
        print(f"{gib:>5} {nr_colors:>7} {domains:>8} {taken * 1000:>7.0f} ms for 10,000 steps after the boot")


if __name__ == "__main__":
    main()
