"""The command `interfere`, its texts and pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.interference.comparison import histogram
from colorcheck.interference.outcome import Latency

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "zcu104-attack")
SHORT = ("--accesses", "60000", "--workload", "victim=handler:lines=512,period=8000")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["interfere", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_json_has_the_agreed_shape(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, EXAMPLE, *SHORT, "--format", "json", "--policy", "all")
    assert status == 0
    document = json.loads(out)
    assert document["schema"] == "colorcheck/interfere/1"
    assert [(r["policy"], r["coloring"]) for r in document["runs"]] == [
        (policy, coloring) for policy in ("lru", "plru", "random") for coloring in ("off", "current", "plan")
    ]
    for entry in document["runs"]:
        assert entry["accesses"] == 60_000
        assert {"seconds", "domains", "evictions"} <= set(entry)
        for domain in entry["domains"]:
            assert domain["hits"] + domain["misses"] == domain["accesses"]
            assert set(domain["latency"]) == {"min", "median", "p999", "max"}
        for pair in entry["evictions"]:
            assert pair["sets"]
            assert {"victim", "attacker", "count"} <= set(pair)
        assert bool(entry["evictions"]) == (entry["coloring"] == "off")
    assert "not a prediction of time" in document["disclaimer"]
    assert any("DRAM" in item for item in document["left_out"])


def test_the_text_says_who_evicted_whom_and_what_it_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, EXAMPLE, *SHORT, "--policy", "random")
    assert status == 0
    assert "attacker evicted" in out
    assert "today's colors: no domain evicted a line of another" in out
    assert "Cycles of victim's runs" in out
    assert "█" in out
    assert "not a prediction" in out
    assert "assumed, not measured on this board" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 100


def test_costs_of_the_command_line_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, EXAMPLE, *SHORT, "--costs", "1,10,1000", "--coloring", "off", "--format", "json")
    document = json.loads(out)
    assert document["costs"] == {
        "private": 1, "second": 10, "last": 10, "memory": 1000, "source": "given on the command line"
    }  # fmt: skip
    assert document["runs"][0]["domains"][1]["latency"]["max"] == 1000


def test_the_plot_is_well_formed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "lab.svg"
    assert run(capsys, EXAMPLE, *SHORT, "--plot", str(file))[0] == 0
    root = ET.fromstring(file.read_text())
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "victim, LRU" in texts
    assert texts.count("evictions by set") == 3
    assert any("evictions" in (title.text or "") for title in root.iter("{http://www.w3.org/2000/svg}title"))


def test_the_html_report_has_the_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert run(capsys, EXAMPLE, *SHORT, "--html", str(file))[0] == 0
    page = file.read_text()
    assert 'href="#interference"' in page
    drawn = page[page.index("<svg width") : page.index("</svg>", page.index("<svg width")) + 6]
    ET.fromstring(drawn)
    assert "style" not in drawn  # the page's security policy forbids it
    assert "victim, LRU" in drawn


def test_the_curve_is_a_csv(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, EXAMPLE, *SHORT, "--curve", "victim")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "colors,misses"
    assert lines[1].startswith("# measured: simulated by colorcheck interfere, ")
    assert len(lines) == 18
    assert lines[2].startswith("1,")


def test_live_without_a_terminal_prints_a_picture_for_each_coloring(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, EXAMPLE, *SHORT, "--live")
    assert status == 0
    assert "not a terminal" in err
    assert "no coloring" in out
    assert "today's colors" in out
    rows = [line.split() for line in out.splitlines() if line[:3].strip().isdigit() and len(line) > 60]
    assert len(rows) == 32
    colored = {int(number): set(cells) for number, cells in rows[16:]}
    assert colored[0] == {"v"}
    assert colored[9] == {"a"}


def test_a_recording_is_an_asciicast(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "demo.cast"
    assert run(capsys, EXAMPLE, *SHORT, "--record", str(file), "--seconds", "1")[0] == 0
    header, *events = [json.loads(line) for line in file.read_text().splitlines()]
    assert header["version"] == 2
    assert len(events) == 4
    assert [event[0] for event in events] == sorted(event[0] for event in events)
    assert all(event[1] == "o" for event in events)
    assert events[0][2].startswith("\x1b[2J")
    assert "AMD ZCU104" in events[0][2]
    assert all(len(event[2]) < len(events[0][2]) for event in events[1:])


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--workload", "victim"), 2, "write DOMAIN=KIND"),
        (("--workload", "victim=bmob"), 2, "bomb"),
        (("--workload", "victim=trace:nowhere.csv"), 4, "nowhere.csv"),
        (("--workload", "victim=bomb:size=1G"), 4, "reduce its size"),
        (("--workload", "victim=bomb:core=9"), 4, "cores 0 to 3"),
        (("--victim", "vctim"), 4, "victim"),
        (("--curve", "nobody"), 4, "runs nothing"),
        (("--costs", "1,2"), 2, "three cycles"),
        (("--accesses", "-5"), 2, "non-negative integer"),
        (("--plot", "/nowhere/at/all.svg"), 2, "cannot write"),
    ],
)
def test_wrong_usage_says_what_to_write(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, message: str
) -> None:
    got, _, err = run(capsys, EXAMPLE, "--accesses", "1000", *arguments)
    assert got == status
    assert message in err


def test_a_recorded_trace_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = tmp_path / "t.csv"
    trace.write_text("".join(f"{64 * n},r\n" for n in range(2000)))
    status, out, _ = run(
        capsys, EXAMPLE, "--accesses", "20000", "--workload", f"victim=trace:{trace}", "--format", "json"
    )
    assert status == 0
    assert json.loads(out)["runs"][1]["domains"][0]["name"] == "victim"


def test_histograms_share_one_scale_and_lose_nothing() -> None:
    made = histogram((Latency.of({10: 3, 20: 1}), Latency.of({15: 2}), Latency.of({})), 5)
    assert made.edges[0] == 10
    assert made.edges[-1] > 20
    assert [sum(row) for row in made.shares] == [1.0, 1.0, 0.0]
    assert histogram((), 5).shares == ()


def test_quantiles_are_by_nearest_rank() -> None:
    latency = Latency.of({1: 500, 2: 499, 9: 1})
    assert [latency.quantile(share) for share in (0, 0.5, 0.501, 0.999, 1)] == [1, 1, 2, 2, 9]
    assert Latency().quantile(0.5) is None


def test_the_live_view_fits_80_by_24_with_its_keys() -> None:
    from colorcheck.report.style import Style
    from colorcheck.report.terminal.interference_live import Frame, draw
    from colorcheck.report.terminal.terminal import printed

    frame = Frame(
        title="A board with a name that is longer than most names of boards are, L2",
        coloring="no coloring",
        policy="LRU",
        names=("xen", "victim", "attacker", "another-domain-with-a-long-name", "more"),
        victim="victim",
        owners=[[number % 5] * 16 for number in range(1024)],
        rows=16,
        ways=16,
        latencies=[(100 * number, True) for number in range(200)],
        caused=123_456_789,
        misses=123_456_789_012,
        accesses=123_456_789_012,
        hint="keys: q quit",
    )
    for height, rows in ((24, 16), (20, 8), (10, 4)):
        lines = printed([draw(frame, color=False, height=height)], Style(width=80)).splitlines()
        assert len(lines) <= height
        assert lines[-1] == "keys: q quit"
        assert max(map(len, lines)) <= 80
        assert sum(line[:3].strip().isdigit() and line[3] == " " for line in lines) == rows


def test_domains_are_named_at_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from colorcheck.report.terminal import interference

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(interference, "_amount", lambda number: "99,999,999")
    lines = run(capsys, EXAMPLE, *SHORT)[1].splitlines()
    assert lines.count("victim") == 2
    assert "attacker" in lines
    assert max(map(len, lines)) <= 80


def test_that_numba_is_missing_is_said_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from colorcheck.interference import compiled

    monkeypatch.setattr(compiled, "has_numba", lambda: False)
    status, _, err = run(capsys, EXAMPLE, "--accesses", "1000", "--workload", "nobody=handler")
    assert status == 4
    assert err.index("numba is not installed") < err.index("unknown domain")


def test_the_curve_of_a_trace_ends(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = tmp_path / "t.csv"
    trace.write_text("".join(f"{line * 64:#x},r\n" for line in range(300)))
    status, out, _ = run(capsys, EXAMPLE, "--curve", "victim", "--workload", f"victim=trace:{trace}")
    assert status == 0
    assert len(out.splitlines()) == 2 + 16
