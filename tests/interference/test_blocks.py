"""The second thread changes no count, and ends with what it was started for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.hardware.index import XorHashed
from colorcheck.interference import blocks
from colorcheck.interference.caches import ClusterModel
from colorcheck.interference.compiled import has_numba
from colorcheck.interference.engine import Engine, compiled_engine, plain_engine
from colorcheck.interference.experiment import Coloring, Experiment, ReplacementPolicy
from colorcheck.interference.simulation import Simulation, simulate
from colorcheck.interference.traces import TraceError
from colorcheck.xen.memory.frame_run import FrameRun
from tests.interference.interference_lab import cluster, colored, experiment

needs_numba = pytest.mark.skipif(not has_numba(), reason="needs numba: pip install 'xen-colorcheck[lab]'")
HASHED = XorHashed(64, tuple((64 << bit) | (1 << 14 + bit if bit < 3 else 0) for bit in range(6)))
LOADS = st.sampled_from(
    (
        "matrix:rows=20",
        "copy:size=64K",
        "chase:size=48K,write=0.3",
        "mix:size=96K,hot=4K,write=0.3",
        "mix:size=96K,hot=12K,uneven=0,run=7",
        "handler:lines=50,period=2000",
        "bomb",
    )
)


CLUSTERS = st.builds(
    lambda ways, private, inclusive, index: cluster(64, ways, l1=private, inclusive=inclusive, index=index),
    st.integers(1, 17),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, HASHED)),
)


def small(engine: Engine) -> Engine:
    """With blocks so small that a ring of them goes round often."""
    return replace(engine, block=64)


def counted(setup: Experiment, engine: Engine, *, threads: bool) -> object:
    """All counts of a run in three parts, where each access was answered, and what the last level holds at its end."""
    seen: list[tuple[int, bytes]] = []
    simulation = Simulation(setup, engine, watch=lambda stream, levels: seen.append((stream, levels)))
    with simulation.filled_ahead(setup.accesses) if threads else nullcontext():
        simulation.play(setup.accesses // 3)
        simulation.reset()
        simulation.play(setup.accesses)
    simulation.play(100)  # the blocks that the second thread has left
    run = simulation.outcome(Coloring.CURRENT).to_dict()
    run.pop("seconds")
    return run, [counts.items() for counts in simulation.runs], seen, [sorted(row) for row in simulation.owners(0)]


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 1)
    monkeypatch.setattr(blocks, "usable_cores", lambda: 2)


@needs_numba
@pytest.mark.usefixtures("two_cores")
class TestSecondThread:
    @settings(max_examples=60, deadline=None)
    @given(
        loads=st.lists(LOADS, min_size=1, max_size=4),
        policy=st.sampled_from(tuple(ReplacementPolicy)),
        on=CLUSTERS,
        core=st.integers(0, 3),
    )
    def test_changes_no_count(self, loads: list[str], policy: ReplacementPolicy, on: ClusterModel, core: int) -> None:
        """For each policy; also where cores, private caches and sets are shared, and where an index is hashed."""
        owners = [((FrameRun(1000 * (n + 1), 3, 512),), load) for n, load in enumerate(loads)]
        setup = experiment(*owners, policy=policy, on=on, accesses=3_000)
        setup = replace(setup, streams=tuple(replace(s, core=min(s.core, core)) for s in setup.streams))
        expected = counted(setup, small(plain_engine()), threads=False)
        assert counted(setup, small(compiled_engine()), threads=False) == expected
        assert counted(setup, small(compiled_engine()), threads=True) == expected

    def test_does_not_read_traces(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text("".join(f"{64 * (n * n % 900)},r\n" for n in range(1000)))
        setup = experiment(
            (colored((0, 1), 16, 64), f"trace:{file},loop=no"),
            (colored((1,), 16, 64), "bomb:size=256K"),
            accesses=5_000,
        )
        found = [counted(setup, small(compiled_engine()), threads=threads) for threads in (False, True)]
        assert found[0] == found[1]

    def test_ends_also_when_a_trace_cannot_be_read(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text("0,r\n" * 500 + "no access\n")
        before = threading.active_count()
        setup = experiment((colored((0,), 16, 64), f"trace:{file}"), (colored((1,), 16, 64), "bomb:size=256K"))
        with pytest.raises(TraceError, match=r"t\.csv:501"):
            simulate(setup, engine=small(compiled_engine()))
        assert threading.active_count() == before

    def test_hands_over_what_it_fails_with(self) -> None:
        setup = experiment((colored((0,), 16, 64), "bomb:size=256K"), accesses=5_000)

        def fails(*_: object) -> int:
            raise MemoryError

        simulation = Simulation(setup, small(compiled_engine()))
        before = threading.active_count()
        simulation.play(10)
        simulation._feeds[0].engine = replace(compiled_engine(), generate=fails)  # type: ignore[attr-defined]
        with pytest.raises(MemoryError), simulation.filled_ahead(5_000):
            simulation.play(5_000)
        assert threading.active_count() == before


@pytest.mark.parametrize(
    ("engine", "cores", "accesses", "started"),
    [
        (plain_engine, 2, 1 << 20, False),
        pytest.param(compiled_engine, 1, 1 << 20, False, marks=needs_numba),
        pytest.param(compiled_engine, 2, 1000, False, marks=needs_numba),
        pytest.param(compiled_engine, 2, 1 << 20, True, marks=needs_numba),
    ],
)
def test_starts_only_where_it_helps(
    monkeypatch: pytest.MonkeyPatch, engine: Callable[[], Engine], cores: int, accesses: int, started: bool
) -> None:
    monkeypatch.setattr(blocks, "usable_cores", lambda: cores)
    simulation = Simulation(experiment((colored((0,), 16, 64), "bomb:size=256K")), engine())
    before = threading.active_count()
    with simulation.filled_ahead(accesses):
        assert threading.active_count() == before + started
    assert threading.active_count() == before
