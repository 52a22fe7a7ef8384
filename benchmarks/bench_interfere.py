"""How fast the cache simulation is: 16 ways, 1,024 sets, one core; beside pycachesim and a plain Python model.

    python benchmarks/bench_interfere.py [ACCESSES]

`engine` is the bare kernel on a trace in memory; `lab` everything that a run does, generator, scheduler and counts
included, without and with a private cache. pycachesim is measured where it is installed (pip install pycachesim), in
batches; it and the plain model get a shorter piece of the same trace. All engines must count the same hits with LRU.
Rates are by the processor's time, so that a busy machine falsifies them less.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from time import process_time

import numpy as np
from msgspec.structs import replace

from colorcheck.hardware.index import Linear
from colorcheck.interference import kernel
from colorcheck.interference.caches import CacheModel, ClusterModel
from colorcheck.interference.engine import Engine, compiled_engine, plain_engine
from colorcheck.interference.experiment import Experiment, ReplacementPolicy, Stream, frame_owner
from colorcheck.interference.layout import cache_state, line_bits
from colorcheck.interference.simulation import Simulation, simulate
from colorcheck.interference.workloads import parse_workload
from colorcheck.xen.memory.frame_run import FrameRun

WAYS, SETS, LINE = 16, 1024, 64
POLICIES = {"LRU": kernel.LRU, "tree pseudo-LRU": kernel.PLRU, "random": kernel.RANDOM}
PIECE = 1_000_000
LINES = 1 << 20


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


def lab_rate(policy: ReplacementPolicy, *, private: bool, accesses: int) -> float:
    """Accesses a second of a whole run."""
    last = CacheModel("L2", SETS, WAYS, LINE, Linear(LINE, SETS))
    inner = (CacheModel("L1", 128, 4, LINE, Linear(LINE, 128)),) if private else ()
    load = parse_workload("mix:size=2M,hot=512K")
    setup = Experiment(
        (ClusterModel("cortex-a53", 1, inner, last, inclusive=False),),
        (frame_owner("one", (FrameRun(0, 1, 512),)),),
        (Stream(0, load, 0),),
        policy,
        accesses=accesses,
    )
    Simulation(replace(setup, accesses=1000)).play(1000)
    begun = process_time()
    simulate(setup)
    return accesses / (process_time() - begun)


def best(measure: Callable[[], tuple[int, float]], count: int) -> tuple[int, float]:
    """Hits, and the best rate of three."""
    found = [measure() for _ in range(3)]
    return found[0][0], count / min(seconds for _, seconds in found)


def main(count: int) -> None:
    engine = compiled_engine()
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
    print("whole runs of the lab, generator and scheduler included (mix:size=2M,hot=512K)")
    for kind in ReplacementPolicy:
        alone, both = (lab_rate(kind, private=private, accesses=count) / 1e6 for private in (False, True))
        print(f"  {kind:28}{alone:>8.1f} million/s   with a private cache before it {both:.1f}")
    print("all engines count the same hits with LRU" if equal else "ENGINES DIFFER")
    sys.exit(not equal)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000)
