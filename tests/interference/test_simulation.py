"""Whole simulations: what coloring promises, who evicted whom, and that runs can be repeated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.hardware.index import Linear, Sliced, XorHashed
from colorcheck.interference.caches import CacheModel, ClusterModel, NoModel
from colorcheck.interference.compiled import has_numba
from colorcheck.interference.engine import Engine, best_engine, compiled_engine, plain_engine
from colorcheck.interference.experiment import Coloring, Experiment, ReplacementPolicy, Stream, frame_owner
from colorcheck.interference.simulation import Simulation, simulate
from colorcheck.interference.workloads import parse_workload
from colorcheck.xen.memory.frame_run import FrameRun
from tests.interference.interference_lab import A53, cluster, colored, experiment, lru_hits
from tests.interference.plain_caches import plain_counts

needs_numba = pytest.mark.skipif(not has_numba(), reason="needs numba: pip install 'xen-colorcheck[lab]'")
VICTIMS = (
    "handler:lines=1500,period=30000",
    "chase:size=300K",
    "matrix:rows=64",
    "copy:size=256K",
    "mix:size=600K,hot=64K",
)
BOMB = "bomb:size=2M,write=0.5"


def levels_of(setup: Experiment, stream: int, engine: Engine | None = None, accesses: int | None = None) -> bytes:
    """Where the accesses of a stream were answered, one byte each."""
    seen: list[bytes] = []
    simulation = Simulation(
        setup, engine or best_engine(), watch=lambda who, levels: seen.append(levels) if who == stream else None
    )
    simulation.play(accesses or setup.accesses)
    return b"".join(seen)


@pytest.mark.parametrize("policy", ReplacementPolicy)
@pytest.mark.parametrize("victim", VICTIMS)
def test_with_disjoint_colors_the_victim_cannot_tell_whether_it_is_attacked(
    policy: ReplacementPolicy, victim: str
) -> None:
    rt, gui = colored(range(8), 16, 256), colored(range(8, 14), 16, 1024)
    attacked = experiment((rt, victim), (gui, BOMB), policy=policy, accesses=700_000)
    alone = replace(attacked, streams=attacked.streams[:1])
    under_attack, in_peace = levels_of(attacked, 0), levels_of(alone, 0)
    shorter = min(len(under_attack), len(in_peace))
    assert shorter >= 65_536
    assert under_attack[:shorter] == in_peace[:shorter]
    assert len(set(in_peace)) > 1


@pytest.mark.parametrize("policy", ReplacementPolicy)
def test_shared_colors_show_who_evicted_whom(policy: ReplacementPolicy) -> None:
    frames = FrameRun(4096, 1, 1024), FrameRun(8192, 1, 1024)
    run = simulate(experiment(((frames[0],), "handler:lines=1024,period=200000"), ((frames[1],), BOMB), policy=policy))
    victim = run.domain("d0")
    assert victim.caused_by_others > 0
    assert dict(victim.caused_by)["d1"] == victim.caused_by_others <= victim.misses
    suffered = next(entry for entry in run.evictions if entry.victim == "d0")
    assert suffered.attacker == "d1"
    assert suffered.count >= victim.caused_by_others
    assert {number for number, _ in suffered.by_set} <= set(range(1024))


@pytest.mark.parametrize("policy", ReplacementPolicy)
def test_evictions_stay_in_the_sets_of_the_shared_color(policy: ReplacementPolicy) -> None:
    rt, gui = colored((0, 1, 2, 3), 16, 512), colored((3, 4, 5), 16, 512)
    run = simulate(experiment((rt, "bomb:size=2M"), (gui, "bomb:size=2M"), policy=policy, accesses=400_000))
    assert len(run.evictions) == 2
    for entry in run.evictions:
        assert entry.by_set
        assert {number for number, _ in entry.by_set} <= set(range(3 * 64, 4 * 64))


@settings(max_examples=25, deadline=None)
@given(
    colors=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    policy=st.sampled_from(ReplacementPolicy),
    inclusive=st.booleans(),
    seed=st.integers(0, 1000),
    hashed=st.booleans(),
)
def test_no_color_in_common_no_eviction(
    colors: list[int], policy: ReplacementPolicy, inclusive: bool, seed: int, hashed: bool
) -> None:
    """Four colors, each given to one of two domains or to none; also where an index folds more bits in."""
    owned = [tuple(c for c in range(4) if colors[c] == who) for who in (0, 1)]
    if not all(owned):
        return
    index = XorHashed(64, tuple((64 << bit) | (1 << 20 + bit if bit < 6 else 0) for bit in range(8)))
    setup = experiment(
        (colored(owned[0], 4, 64), "bomb:size=256K"),
        (colored(owned[1], 4, 64), "mix:size=256K,hot=4K"),
        policy=policy,
        on=cluster(256, 4, inclusive=inclusive, index=index if hashed else None),
        accesses=6_000,
        seed=seed,
    )
    run = simulate(setup, engine=plain_engine())
    assert not run.evictions
    assert all(domain.caused_by_others == 0 for domain in run.domains)


@needs_numba
@pytest.mark.parametrize("policy", ReplacementPolicy)
@pytest.mark.parametrize("inclusive", [False, True])
def test_both_engines_agree_to_the_last_count(policy: ReplacementPolicy, inclusive: bool) -> None:
    setup = experiment(
        ((FrameRun(512, 1, 64),), "matrix:rows=40"),
        ((FrameRun(1024, 3, 64),), "copy:size=200K"),
        ((FrameRun(2048, 1, 64),), "chase:size=100K,write=0.3"),
        ((FrameRun(4096, 1, 64),), "handler:lines=100,period=2000,jitter=300"),
        policy=policy,
        on=cluster(64, 12, inclusive=inclusive),
        accesses=60_000,
    )
    runs = [
        simulate(replace(setup, warm_up=5_000), engine=engine).to_dict()
        for engine in (plain_engine(), compiled_engine())
    ]
    for run in runs:
        run.pop("seconds")
    assert runs[0] == runs[1]
    assert runs[0]["evictions"]


LOADS = st.sampled_from(
    ("matrix:rows=20", "copy:size=64K", "chase:size=48K,write=0.3", "mix:size=96K,hot=4K", BOMB[:4])
)
DOMAINS = st.lists(LOADS, min_size=1, max_size=3)


def counted(setup: Experiment, engine: Engine, change: Callable[[Simulation], None] = lambda _: None) -> object:
    """All counts of a run, and what the last level holds at its end."""
    simulation = Simulation(setup, engine)
    change(simulation)
    simulation.play(setup.accesses // 3)
    simulation.reset()
    simulation.play(setup.accesses)
    run = simulation.outcome(Coloring.CURRENT).to_dict()
    run.pop("seconds")
    return run, [sorted(row) for row in simulation.owners(0)]


@settings(max_examples=25, deadline=None)
@given(
    loads=DOMAINS,
    policy=st.sampled_from(tuple(ReplacementPolicy)),
    ways=st.integers(1, 17),
    sets=st.sampled_from((32, 48, 64)),
    core=st.integers(0, 2),
)
def test_a_look_ahead_changes_no_count(
    loads: list[str], policy: ReplacementPolicy, ways: int, sets: int, core: int
) -> None:
    owners = [((FrameRun(1000 * (n + 1), 3, 512),), load) for n, load in enumerate(loads)]
    setup = experiment(*owners, policy=policy, on=cluster(sets, ways), accesses=6_000)
    streams = tuple(replace(s, core=min(s.core, core)) for s in setup.streams)  # some of them on one core

    def behind(simulation: Simulation) -> None:
        for number in range(len(streams)):
            simulation.layout.machine.ahead[number] = 0

    setup = replace(setup, streams=streams)
    expected = counted(setup, plain_engine(), behind)
    for engine in (plain_engine(), best_engine()):
        assert counted(setup, engine) == expected


def cache_of(line: int, sets: tuple[int, ...], ways: int) -> st.SearchStrategy[CacheModel]:
    return st.builds(
        lambda sets, ways: CacheModel("cache", sets, ways, line, Linear(line, sets)),
        st.sampled_from(sets),
        st.integers(1, ways),
    )


CLUSTERS = st.builds(
    ClusterModel,
    st.just("test"),
    st.integers(1, 2),
    st.lists(cache_of(64, (1, 4, 6), 3), max_size=2).map(tuple),
    cache_of(64, (1, 24, 32, 48), 17),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(
    clusters=st.lists(CLUSTERS, min_size=1, max_size=2),
    loads=st.lists(st.tuples(LOADS, st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=4),
    policy=st.sampled_from((ReplacementPolicy.LRU, ReplacementPolicy.PLRU)),
)
def test_all_counts_are_those_of_caches_written_anew(
    clusters: list[ClusterModel], loads: list[tuple[str, int, int]], policy: ReplacementPolicy
) -> None:
    """Domains that share cores and clusters, one to three caches on the way, with inclusion and without."""
    cores = sum(cluster.n_cores for cluster in clusters)
    setup = Experiment(
        tuple(clusters),
        tuple(frame_owner(f"d{number}", (FrameRun(1000 * number + 7, 3, 512),)) for number in range(3)),
        tuple(Stream(owner, parse_workload(text), core % cores) for text, core, owner in loads),
        policy,
        accesses=3_000,
    )
    expected = plain_counts(setup)
    together = sum(expected, Counter())
    for engine in (plain_engine(), best_engine()):
        run = simulate(setup, engine=engine)
        for domain in run.domains:
            number = int(domain.name[1:])
            found = domain.private_hits, domain.last_hits, domain.misses
            assert found == tuple(together[where, number] for where in ("private", "last", "miss"))
            assert dict(domain.caused_by) == {
                f"d{key[2]}": count for key, count in together.items() if key[:2] == ("caused", number)
            }
        assert {
            (each.cluster, each.victim, each.attacker, row): count
            for each in run.evictions
            for row, count in each.by_set
        } == {
            (cluster, f"d{key[1]}", f"d{key[2]}", key[3]): count
            for cluster, counts in enumerate(expected)
            for key, count in counts.items()
            if key[0] == "eviction"
        }
        assert set(run.private_evictions) == {
            (f"d{key[1]}", f"d{key[2]}", count) for key, count in together.items() if key[0] == "private eviction"
        }


@pytest.mark.parametrize("inclusive", [False, True])
def test_times_that_start_anew_keep_the_order(monkeypatch: pytest.MonkeyPatch, inclusive: bool) -> None:
    setup = experiment(
        ((FrameRun(512, 1, 64),), "mix:size=256K,hot=8K"),
        ((FrameRun(1024, 3, 64),), "copy:size=200K"),
        on=cluster(64, 12, inclusive=inclusive),
        accesses=9_000,
    )
    expected = counted(setup, plain_engine())
    monkeypatch.setattr("colorcheck.interference.layout.MOST_BITS", 20)  # 13 for the line: 127 accesses at a time
    assert counted(setup, plain_engine()) == expected


def test_the_hierarchy_counts_what_a_textbook_cache_counts() -> None:
    """One domain without private caches: the walk of its lines through frames is an LRU trace."""
    frames = colored((1, 5, 9), 16, 40)
    setup = experiment((frames, "mix:size=160K,hot=8K"), on=cluster(256, 4, l1=False), accesses=20_000)
    simulation = Simulation(setup, plain_engine())
    machine_lines: list[int] = []
    pages = setup.owners[0].first_frames(40)
    feed, streams = simulation._feeds[0], simulation._streams
    for _ in range(20):
        feed.fill(streams, 0, 1000)
        machine_lines += [pages[line >> 6] * 64 + (line & 63) for line in map(streams.line.__getitem__, range(1000))]
    assert simulate(setup, engine=plain_engine()).domain("d0").hits == lru_hits(machine_lines, 256, 4)


def test_an_inclusive_last_level_takes_lines_from_the_private_ones_too() -> None:
    frames = (FrameRun(0, 1, 16),), (FrameRun(64, 1, 16),)
    hot, bomb = "handler:lines=8,period=4000", "bomb:size=64K,rate=1"
    apart = simulate(experiment((frames[0], hot), (frames[1], bomb), on=cluster(64, 4), accesses=50_000))
    taken = simulate(
        experiment((frames[0], hot), (frames[1], bomb), on=cluster(64, 4, inclusive=True), accesses=50_000)
    )
    assert apart.domain("d0").misses == 8
    assert taken.domain("d0").caused_by_others == taken.domain("d0").accesses - 8


def test_two_domains_on_one_core_meet_in_its_private_cache_only() -> None:
    rt, gui = colored((0, 1), 16, 64), colored((2, 3), 16, 64)
    setup = experiment((rt, "bomb:size=256K"), (gui, "bomb:size=256K,rate=0.1"))
    on_one = replace(setup, streams=tuple(replace(stream, core=0) for stream in setup.streams))
    run = simulate(on_one)
    assert not run.evictions
    assert run.private_evictions
    assert json.dumps(run.to_dict())  # also the compiled engine's counts are numbers of Python
    assert not simulate(setup).private_evictions


def test_clusters_do_not_meet() -> None:
    setup = experiment(((FrameRun(0, 1, 512),), BOMB), ((FrameRun(4096, 1, 512),), BOMB))
    two = replace(setup, clusters=(A53, A53))
    assert simulate(two).evictions
    moved = replace(two, streams=(two.streams[0], replace(two.streams[1], core=4)))
    assert not simulate(moved).evictions


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    setup = experiment(
        ((FrameRun(0, 1, 256),), "mix:size=512K"), ((FrameRun(4096, 1, 512),), BOMB), policy=ReplacementPolicy.RANDOM
    )
    first, again, other = (simulate(replace(setup, seed=seed)).to_dict() for seed in (1, 1, 2))
    for run in (first, again, other):
        run.pop("seconds")
    assert first == again != other


def test_a_warm_up_is_not_counted() -> None:
    setup = experiment((colored((0,), 16, 16), "bomb:size=32K"), accesses=50_000)
    cold = simulate(setup).domain("d0")
    warm = simulate(replace(setup, warm_up=10_000)).domain("d0")
    assert cold.misses == 512
    assert warm.misses == 0
    assert warm.accesses == cold.accesses == 50_000


def test_latencies_are_costs_of_levels_and_their_sums_over_runs() -> None:
    setup = experiment((colored((0,), 16, 16), "handler:lines=100,period=5000"), accesses=1_000)
    domain = simulate(setup).domain("d0")
    assert domain.latency.to_dict() == {"min": 4, "median": 4, "p999": 150, "max": 150}
    assert domain.latency.total == 1_000
    assert domain.runs.counts == ((400, 9), (15_000, 1))


@pytest.mark.parametrize("frames", [31, 0])
def test_a_domain_without_the_memory_is_refused(frames: int) -> None:
    setup = experiment(((FrameRun(0, 1, frames),), "bomb:size=128K"))
    with pytest.raises(NoModel, match="touches 32 pages"):
        simulate(setup)


def test_more_memory_than_the_tables_hold_is_refused() -> None:
    setup = experiment(((FrameRun(0, 1, 1 << 21),), "bomb:size=8G"), on=replace(A53, n_cores=40))
    with pytest.raises(NoModel, match="more memory than the tables"):
        simulate(setup)


def test_a_cache_with_sets_that_are_no_power_of_two() -> None:
    frames = (FrameRun(7, 1, 64),)
    setup = experiment((frames, "bomb:size=256K"), on=cluster(192, 2, l1=False, index=Linear(64, 192)), accesses=8192)
    lines = [7 * 64 + n % 4096 for n in range(8192)]
    assert simulate(setup).domain("d0").hits == lru_hits(lines, 192, 2)
    sliced = Sliced((1 << 30,), Linear(64, 96))
    with pytest.raises(NoModel, match="not a power of two"):
        simulate(experiment((frames, "bomb:size=256K"), on=cluster(192, 2, index=sliced)))


def test_the_heat_map_shows_whose_lines_are_where() -> None:
    rt, gui = colored((0,), 16, 64), colored((2,), 16, 64)
    simulation = Simulation(experiment((rt, "bomb:size=256K"), (gui, "bomb:size=256K")))
    simulation.play(50_000)
    owners = simulation.owners(0)
    assert owners[0] == [0] * 16
    assert owners[2 * 64] == [1] * 16
    assert owners[5 * 64] == []
