"""How fast the cache simulation is: 16 ways, 1,024 sets; beside pycachesim and a plain Python model.

    python benchmarks/bench_interfere.py [ACCESSES]

`engine` is the bare kernel on a trace in memory; `lab` everything that a run does, generator, scheduler and counts
included, without and with a private cache. pycachesim is measured where it is installed (pip install pycachesim), in
batches; it and the plain model get a shorter piece of the same trace. All engines must count the same hits with LRU.

All run on one core, and rates are by the processor's time, so that a busy machine falsifies them less. Where there are
more, the lab also runs on all, as it does for users, with its second thread: accesses a second of the clock, which a
busy machine falsifies, and in brackets by the processor's time of both threads.

`C` is a loop of the same accesses through the same caches with LRU, without domains, times and counts of who evicted
whom; it is compiled where there is gcc, takes turns with the lab, and must find each access where the lab finds it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from colorcheck.hardware.index import Linear
from colorcheck.interference import kernel
from colorcheck.interference.caches import CacheModel, ClusterModel
from colorcheck.interference.engine import Engine, compiled_engine, plain_engine
from colorcheck.interference.experiment import Experiment, ReplacementPolicy, Stream, frame_owner
from colorcheck.interference.layout import cache_state, line_bits
from colorcheck.interference.seeds import seed_of
from colorcheck.interference.simulation import Simulation, simulate
from colorcheck.interference.workloads import parse_workload
from colorcheck.xen.memory.frame_run import FrameRun

WAYS, SETS, LINE = 16, 1024, 64
L1_WAYS, L1_SETS = 4, 128
POLICIES = {"LRU": kernel.LRU, "tree pseudo-LRU": kernel.PLRU, "random": kernel.RANDOM}
PIECE = 1_000_000
ROUNDS = 5
CORES = os.sched_getaffinity(0)
LINES = 1 << 20
LOAD = "mix:size=2M,hot=512K"

PEER = r"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct slot { uint64_t line, used; };

static struct slot l1[L1_SETS][L1_WAYS], l2[SETS][WAYS];

static int has(struct slot *set, int ways, uint64_t line, uint64_t now)
{
    struct slot *oldest = set;

    for (struct slot *slot = set; slot < set + ways; slot++) {
        if (slot->line == line && slot->used) {
            slot->used = now;
            return 1;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    oldest->line = line;
    oldest->used = now;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;

    uint64_t count = strtoull(argv[1], NULL, 10);
    uint32_t random = strtoul(argv[2], NULL, 10);
    int private = atoi(argv[3]);
    unsigned long found[3] = {0};
    clock_t begun = clock();

    for (uint64_t now = 1; now <= count; now++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;

        uint64_t line = ((random & 255) < SHARE ? (random >> 8) % HOT : (random >> 8) % SIZE) / LINE;

        if (private && has(l1[line % L1_SETS], L1_WAYS, line, now))
            found[0]++;
        else
            found[has(l2[line % SETS], WAYS, line, now) ? 1 : 2]++;
    }
    printf("%lu %lu %lu %f\n", found[0], found[1], found[2], (double)(clock() - begun) / CLOCKS_PER_SEC);
    return 0;
}
"""
Found = tuple[int, int, int]
"""Hits in the private cache, hits in the last level, misses."""


def traces(count: int) -> dict[str, np.ndarray]:
    """Lines of traces from all hits to half misses, over twice the cache at most."""
    chance = np.random.default_rng(1)
    lines = WAYS * SETS
    skewed = np.minimum(chance.zipf(1.2, count), 1 << 20) * 2654435761 % (1 << 20)
    return {
        "uniform over 0.9 caches": chance.integers(0, lines * 9 // 10, count),
        "uniform over 2 caches": chance.integers(0, 2 * lines, count),
        "walk over 2 caches": np.arange(count) % (2 * lines),
        "skewed (Zipf 1.2) over 64 caches": skewed,
    }


def bare(engine: Engine, policy: int, lines: np.ndarray) -> tuple[int, float]:
    """Hits and seconds of one cache."""
    fields = [0] * kernel.FIELDS
    fields[kernel.WAYS], fields[kernel.POLICY], fields[kernel.LAST] = WAYS, policy, 1
    fields[kernel.BITS] = line_bits(LINES)
    state = cache_state(engine, [(SETS, WAYS)], policy, seed=1, lines=LINES)
    table = lines if engine.compiled else engine.ints(lines.tolist())
    begun = process_time()
    hits = engine.count_hits(engine.ints(fields, bits=32), state, table, SETS - 1)
    return hits, process_time() - begun


def textbook(lines: np.ndarray) -> tuple[int, float]:
    """An LRU cache of dictionaries."""
    trace = lines.tolist()
    begun = process_time()
    cache: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(SETS)]
    hits = 0
    for line in trace:
        row = cache[line % SETS]
        if line in row:
            hits += 1
            row.move_to_end(line)
        else:
            if len(row) == WAYS:
                row.popitem(last=False)
            row[line] = None
    return hits, process_time() - begun


def pycachesim(lines: np.ndarray) -> tuple[int, float] | None:
    """pycachesim, fed in batches."""
    try:
        from cachesim import Cache, CacheSimulator, MainMemory
    except ImportError:
        return None
    memory = MainMemory()
    cache = Cache("L2", SETS, WAYS, LINE, "LRU")
    memory.load_to(cache)
    memory.store_from(cache)
    simulator = CacheSimulator(cache, memory)
    addresses = (lines * LINE).tolist()
    begun = process_time()
    simulator.loadstore([((address,), None) for address in addresses], length=1)
    seconds = process_time() - begun
    return simulator.first_level.backend.HIT_count, seconds


def lab_setup(policy: ReplacementPolicy, *, private: bool, accesses: int) -> Experiment:
    """One domain, whose lines lie in the caches as in its memory."""
    last = CacheModel("L2", SETS, WAYS, LINE, Linear(LINE, SETS))
    inner = (CacheModel("L1", L1_SETS, L1_WAYS, LINE, Linear(LINE, L1_SETS)),) if private else ()
    return Experiment(
        (ClusterModel("cortex-a53", 1, inner, last, inclusive=False),),
        (frame_owner("one", (FrameRun(0, 1, 512),)),),
        (Stream(0, parse_workload(LOAD), 0),),
        policy,
        accesses=accesses,
    )


def lab(setup: Experiment) -> tuple[Found, float, float]:
    """What a whole run finds; its seconds of the processor, and of the clock."""
    Simulation(setup).play(1000)
    begun = process_time(), perf_counter()
    domain = simulate(setup).domain("one")
    seconds = process_time() - begun[0], perf_counter() - begun[1]
    return (domain.private_hits, domain.last_hits, domain.misses), *seconds


def on_all_cores(setup: Experiment) -> tuple[Found, float, float]:
    """`lab` with its second thread."""
    os.sched_setaffinity(0, CORES)
    found = lab(setup)
    os.sched_setaffinity(0, {min(CORES)})
    return found


def peer(program: Path, setup: Experiment) -> tuple[Found, float]:
    """What the loop in C finds of the same accesses, and its seconds."""
    given = setup.accesses, seed_of(setup.seed, -2), len(setup.clusters[0].private)
    done = subprocess.run([program, *map(str, given)], capture_output=True, text=True, check=True)
    first, last, misses, seconds = done.stdout.split()
    return (int(first), int(last), int(misses)), float(seconds)


def compiled_peer(folder: Path) -> Path | None:
    """The loop in C as a program; None without gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    program, load = folder / "peer", parse_workload(LOAD)
    numbers = {"SETS": SETS, "WAYS": WAYS, "L1_SETS": L1_SETS, "L1_WAYS": L1_WAYS, "LINE": LINE}
    numbers |= {"SIZE": load.size, "HOT": load.hot, "SHARE": round(256 * load.share)}
    defined = [f"-D{name}={value}" for name, value in numbers.items()]
    command = [gcc, "-O3", "-march=native", *defined, "-x", "c", "-", "-o", str(program)]
    subprocess.run(command, input=PEER, text=True, check=True)
    return program


def beside_c(accesses: int) -> bool:
    """Prints the lab's rates with LRU beside those of the loop in C; whether both find the same."""
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        program = compiled_peer(Path(folder))
        if program is None:
            print("  C, LRU: not measured, as there is no gcc")
            return True
        for private in (False, True):
            setup = lab_setup(ReplacementPolicy.LRU, private=private, accesses=accesses)
            turns = [(lab(setup), peer(program, setup), on_all_cores(setup)) for _ in range(ROUNDS)]
            same = len({result[0] for turn in turns for result in turn}) == 1
            equal &= same
            alone, c, both = zip(*turns, strict=True)
            ours, theirs = (accesses / min(result[1] for result in results) / 1e6 for results in (alone, c))
            clock = sorted(accesses / result[2] / 1e6 for result in both)
            spent = accesses / min(result[1] for result in both) / 1e6
            print(
                f"  LRU {'with' if private else 'without'} a private cache: lab {ours:.1f}, C {theirs:.1f} million/s, "
                f"ratio {ours / theirs:.2f}   {'same hits' if same else 'OTHER HITS'}"
            )
            print(
                f"    lab on {len(CORES)} cores: {clock[-1]:.1f} million/s of the clock, {clock[0]:.1f} at worst "
                f"({spent:.1f} of the processor)"
            )
    return equal


def best(measure: Callable[[], tuple[int, float]], count: int) -> tuple[int, float]:
    """Hits, and the best rate of three."""
    found = [measure() for _ in range(3)]
    return found[0][0], count / min(seconds for _, seconds in found)


def main(count: int) -> None:
    engine = compiled_engine()
    os.sched_setaffinity(0, {min(CORES)})
    for policy in POLICIES.values():
        bare(engine, policy, np.arange(10))
    slow: list[tuple[str, Callable[[np.ndarray], tuple[int, float] | None]]] = [
        ("engine without numba", lambda lines: bare(plain_engine(), kernel.LRU, lines)),
        ("plain Python model", textbook),
        ("pycachesim", pycachesim),
    ]
    equal = True
    for name, trace in traces(count).items():
        print(f"{name}, {count:,} accesses")
        for label, number in POLICIES.items():
            hits, rate = best(partial(bare, engine, number, trace), count)
            print(f"  {'engine, ' + label:28}{rate / 1e6:>8.1f} million/s   {hits / count:.2%} hits")
        piece = trace[: min(count, PIECE)]
        expected = bare(engine, kernel.LRU, piece)[0]
        for label, measure in slow:
            found = measure(piece)
            if found is None:
                print(f"  {label:28}not installed")
                continue
            same = found[0] == expected
            equal &= same
            verdict = "same hits" if same else f"{found[0]:,} hits instead of {expected:,}"
            print(f"  {label + ', LRU':28}{len(piece) / found[1] / 1e6:>8.2f} million/s   {verdict}")
    print(f"whole runs of the lab, generator and scheduler included ({LOAD})")
    for kind in ReplacementPolicy:
        setups = [lab_setup(kind, private=private, accesses=count) for private in (False, True)]
        alone, both = (count / min(lab(setup)[1] for _ in range(3)) / 1e6 for setup in setups)
        print(f"  {kind:28}{alone:>8.1f} million/s   with a private cache before it {both:.1f}")
    equal &= beside_c(count)
    print("all engines count the same hits with LRU" if equal else "ENGINES DIFFER")
    sys.exit(not equal)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000)
