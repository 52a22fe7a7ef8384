"""Workloads as people write them, what they touch, and recorded traces."""

from __future__ import annotations

import gzip
import struct
from itertools import pairwise
from pathlib import Path

import pytest

from colorcheck.interference.engine import plain_engine
from colorcheck.interference.feeds import feed
from colorcheck.interference.layout import new_streams
from colorcheck.interference.simulation import simulate
from colorcheck.interference.traces import TraceError, read_trace
from colorcheck.interference.workloads import TICKS, WorkloadError, WorkloadKind, parse_workload
from colorcheck.xen.memory.frame_run import FrameRun
from tests.interference.interference_lab import experiment


def accesses(text: str, count: int, pages: int = 1024) -> list[tuple[int, int, int]]:
    """(line, gap in cycles, mark) of the first accesses of a workload."""
    engine = plain_engine()
    streams = new_streams(engine, 1)
    source = feed(engine, parse_workload(text), first_line=0, pages=pages, shift=6, seed=5)
    found: list[tuple[int, int, int]] = []
    while len(found) < count:
        got = source.fill(streams, 0, min(count - len(found), engine.block))
        found += [(streams.line[n], streams.gap[n] // TICKS, streams.mark[n]) for n in range(got)]
    return found


def lines(text: str, count: int) -> list[int]:
    return [line for line, _, _ in accesses(text, count)]


def test_a_handler_touches_its_lines_once_a_period() -> None:
    found = accesses("handler:lines=3,period=100,jitter=0,uneven=0,rate=0.5,offset=4K", 6)
    assert found == [(64, 2, 0), (65, 2, 0), (66, 96, 2), (64, 2, 0), (65, 2, 0), (66, 96, 2)]


def test_a_period_that_is_too_short_runs_without_a_pause() -> None:
    assert [gap for _, gap, _ in accesses("handler:lines=3,period=4,jitter=0,uneven=0,rate=0.5", 6)] == [2] * 6


def test_gaps_are_uneven_about_their_mean() -> None:
    gaps = [gap for _, gap, _ in accesses("bomb:rate=0.01,uneven=0.2", 2000)]
    assert min(gaps) in range(80, 83)
    assert max(gaps) in range(118, 121)
    assert 98 < sum(gaps) / len(gaps) < 101


def test_jitter_delays_by_chance_within_its_bound() -> None:
    gaps = [gap for _, gap, mark in accesses("handler:lines=1,period=100,jitter=50,uneven=0", 200) if mark & 2]
    assert 100 <= min(gaps) < 110
    assert 140 < max(gaps) <= 150


def test_a_bomb_walks_at_its_stride_and_writes_its_share() -> None:
    found = accesses("bomb:size=1K,stride=128,write=0.25", 16)
    assert [line for line, _, _ in found] == [0, 2, 4, 6, 8, 10, 12, 14] * 2
    assert sum(mark & 1 for _, _, mark in found) == 4
    assert [n for n, (_, _, mark) in enumerate(found) if mark & 2] == [7, 15]


def test_a_stride_below_a_line_stays_on_it() -> None:
    assert lines("bomb:size=256,stride=32", 8) == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("count", [1, 2, 3, 64, 100, 1000])
def test_a_chase_visits_every_line_once_a_round(count: int) -> None:
    found = lines(f"chase:lines={count}", 1000 // count * count)
    for start in range(0, len(found), count):
        assert sorted(found[start : start + count]) == list(range(count))
        assert found[start : start + count] == found[:count]


def test_a_chase_has_no_order() -> None:
    found = lines("chase:lines=512", 512)
    steps = [b - a for a, b in pairwise(found)]
    assert len(set(steps)) > 300


def test_a_matrix_product_reads_row_and_column_and_writes_the_sum() -> None:
    found = accesses("matrix:rows=8", 17 * 9)
    reads, write = found[:16], found[16]
    assert [line for line, _, _ in reads[::2]] == [0] * 8
    assert [line for line, _, _ in reads[1::2]] == list(range(8, 16))
    assert write[0] == 16
    assert write[2] == 1
    assert found[17 * 8][0] == 1  # the second row of A
    assert [n for n, (_, _, mark) in enumerate(found) if mark & 2] == [8 * 17 - 1]


def test_a_copy_reads_one_half_and_writes_the_other() -> None:
    assert [(line, mark) for line, _, mark in accesses("copy:size=256", 8)] == [
        (0, 0), (2, 1), (1, 0), (3, 3), (0, 0), (2, 1), (1, 0), (3, 3)
    ]  # fmt: skip


def test_a_mix_goes_to_its_hot_bytes_as_often_as_said() -> None:
    found = lines("mix:size=1M,hot=64K,share=0.75", 10_000)
    assert max(found) < 16384
    assert 0.74 < sum(line < 1024 for line in found) / len(found) < 0.79


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bmob", "nearest: bomb"),
        ("bomb:sise=1M", "nearest: size"),
        ("bomb:size=large", "K, M or G"),
        ("bomb:size=-1", "less than 0"),
        ("bomb:write=2", "from 0 to 1"),
        ("bomb:rate=0", "more than 0"),
        ("bomb:stride=0", "stride of at least 1"),
        ("handler:lines=0", "at least 64 bytes"),
        ("matrix:rows=0", "at least 1 row"),
        ("mix:size=1K,hot=2K", "from 64 to the size"),
        ("trace", "trace:FILE"),
        ("trace:a.csv,loop=maybe", "yes or no"),
        ("", "there is no workload"),
    ],
)
def test_wrong_workloads_say_what_to_write(text: str, message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        parse_workload(text)


def test_defaults_differ_by_kind() -> None:
    assert parse_workload("bomb").write == 0.5
    assert parse_workload("handler:lines=512").size == 32768
    assert parse_workload("trace:x.csv,loop=no") == parse_workload("trace:file=x.csv,loop=no")
    assert all(parse_workload(str(kind)).kind is kind for kind in WorkloadKind if kind is not WorkloadKind.TRACE)


LACKEY = """==123== Lackey, an example Valgrind tool
I  04001000,3
 L 1ffefff000,8
 S 1ffefff040,8
I  04001003,5
 M 04222c40,4
"""


def test_lackey_is_read_without_its_instructions(tmp_path: Path) -> None:
    file = tmp_path / "run.lackey"
    file.write_text(LACKEY)
    assert list(read_trace(str(file))) == [(0x1FFEFFF000, 0, -1), (0x1FFEFFF040, 1, -1), (0x04222C40, 1, -1)]


def test_csv_with_header_and_gaps_and_gzip(tmp_path: Path) -> None:
    file = tmp_path / "t.csv.gz"
    file.write_bytes(gzip.compress(b"address,access,gap\n0x40,r,7\n128,W\n"))
    assert list(read_trace(str(file))) == [(0x40, 0, 7), (128, 1, -1)]


def test_binary(tmp_path: Path) -> None:
    file = tmp_path / "t.bin"
    file.write_bytes(struct.pack("<2Q", 0x1000, 1 << 63 | 0x2040))
    assert list(read_trace(str(file))) == [(0x1000, 0, -1), (0x2040, 1, -1)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"64,r\nnonsense\n", r"a\.csv:2: 'nonsense' is not an access"),
        ("b.csv", b"64,r\n64,x\n", r"b\.csv:2"),
        ("c.csv", b"64,r\n-64,r\n", r"c\.csv:2"),
        ("d.bin", b"12345", "within an access"),
        ("e.csv.gz", b"not gzip", "e.csv.gz"),
        ("f.csv", b"64,r\n\xff\xfe\n", r"f\.csv:2"),
    ],
)
def test_broken_traces_name_the_place(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(TraceError, match=message):
        list(read_trace(str(file)))


def test_a_missing_trace_is_named() -> None:
    with pytest.raises(TraceError, match=r"nowhere\.csv"):
        list(read_trace("nowhere.csv"))


def trace_of(folder: Path, addresses: list[int]) -> str:
    file = folder / "trace.csv"
    file.write_text("".join(f"{address:#x},r,10\n" for address in addresses))
    return str(file)


def test_a_traces_pages_are_laid_out_in_the_order_of_first_touch(tmp_path: Path) -> None:
    file = trace_of(tmp_path, [0x7FFF0040, 0x10000, 0x7FFF0080, 0x20000])
    assert accesses(f"trace:{file}", 5) == [(1, 10, 0), (64, 10, 0), (2, 10, 0), (128, 10, 0), (1, 10, 0)]


def test_a_trace_ends_where_it_shall_not_loop(tmp_path: Path) -> None:
    file = trace_of(tmp_path, [64 * n for n in range(100)])
    frames = (FrameRun(0, 1, 8),)
    assert simulate(experiment((frames, f"trace:{file},loop=no"), accesses=1000), engine=plain_engine()).accesses == 100
    assert simulate(experiment((frames, f"trace:{file}"), accesses=1000), engine=plain_engine()).accesses == 1000


def test_a_trace_that_is_too_large_or_empty_is_refused(tmp_path: Path) -> None:
    frames = (FrameRun(0, 1, 2),)
    with pytest.raises(TraceError, match="more than the 2 pages"):
        simulate(experiment((frames, f"trace:{trace_of(tmp_path, [0, 4096, 8192])}")), engine=plain_engine())
    with pytest.raises(TraceError, match="no accesses"):
        simulate(experiment((frames, f"trace:{trace_of(tmp_path, [])}")), engine=plain_engine())
