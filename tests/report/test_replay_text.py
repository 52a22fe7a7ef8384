"""`colorcheck replay` for people: the map to scale, the steps with their charts, where a domain lies."""

from __future__ import annotations

import json
import sys
from bisect import bisect_left
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck import api
from colorcheck.cli import main
from colorcheck.replay.places import places, spread, stretches
from colorcheck.report.style import Style
from colorcheck.report.terminal.color_chart import chart, groups
from colorcheck.report.terminal.memory_picture import picture
from colorcheck.report.terminal.replay import ReplayRequest, alike, render
from colorcheck.rules.example import GUEST, Example
from colorcheck.xen.booted import Interval
from colorcheck.xen.kinds import MapUse

GUESTS = (("rt.cfg", GUEST), ("big.cfg", GUEST.replace('"rt"', '"big"').replace("256", "900")))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Example(xen=("4.20", "4.21", "4.22"), guests=GUESTS).write(tmp_path_factory.mktemp("deployment"))


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("asked", [ReplayRequest(), ReplayRequest(until="dom0"), ReplayRequest(at="rt")])
def test_every_line_fits(manifest: Path, width: int, unicode: bool, asked: ReplayRequest) -> None:
    told = render(api.replay(manifest).verification, Style(width=width, unicode=unicode), asked)
    assert max(map(len, told.splitlines())) <= width
    assert unicode or told.isascii()
    colored = render(api.replay(manifest).verification, Style(width=width, unicode=unicode, color=True), asked)
    assert "\x1b[" in colored


def test_alike_boots_are_told_once(manifest: Path) -> None:
    told = alike(api.replay(manifest).facts)
    assert [each.releases for each in told] == [("4.20", "4.21"), ("4.22",)]
    assert "Xen 4.20, 4.21 BOOTS" in render(api.replay(manifest).verification, Style())


def test_the_story_of_a_boot(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(manifest), "--xen", "4.20"]) == 0
    told = capsys.readouterr().out
    steps = [line.split()[1] for line in told.splitlines() if line[:2].strip().isdecimal() and line[2:3] == " "]
    assert steps == ["place-xen", "boot-regions", "boot-allocations", "heaps", "dom0", "rt", "big"]
    assert "but not created: big" in told
    assert "0x00087e800000 - 0x000880000000  X     24 MiB  Xen" in told
    boot = next(boot for _, boot in api.replay(manifest).facts.boots())
    assert str(boot.free_final[0]) in told
    assert main(["replay", str(manifest), "--xen", "4.20", "--until", "5"]) == 0
    told = capsys.readouterr().out
    assert "dom0" in told
    assert " 6 rt" not in told
    assert f"{boot.built[0].free_after[11]:>15}" in told


def test_steps_are_listed(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(manifest), "--until", "list"]) == 0
    assert capsys.readouterr().out.split()[-2:] == ["7", "big"]
    for wrong in ("nothing", "8", "0"):
        assert main(["replay", str(manifest), "--until", wrong]) == 2
        assert "5 dom0" in capsys.readouterr().err
    assert main(["replay", str(manifest), "--at", "nobody"]) == 2
    assert "xen, dom0, rt, big" in capsys.readouterr().err


def test_where_a_domain_lies(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boot = next(boot for _, boot in api.replay(manifest).facts.boots())
    frames = sorted(mfn for built in boot.built if built.domain.name == "rt" for mfn in built.frames.mfns())
    found = places(boot, "rt")
    assert sum(place.count for place in found) == len(frames)
    assert sum(count for _, _, count in stretches(boot, found)) == len(frames)
    spans = [(start, start + 997) for start in range(0, 0x90_0000, 997)]
    assert spread(found, spans) == [bisect_left(frames, b) - bisect_left(frames, a) for a, b in spans]
    assert main(["replay", str(manifest), "--xen", "4.20", "--at", "rt", "--format", "json", "--no-frames"]) == 0
    told = json.loads(capsys.readouterr().out)["at"]
    assert told["frames"] == len(frames)
    assert [color["color"] for color in told["colors"]] == [11, 12, 13, 14]
    assert told["colors"][0]["first_mfns"][0] in frames
    assert told["colors"][0]["cache_sets"] == [[704, 767]]
    assert main(["replay", str(manifest), "--xen", "4.20", "--at", "xen"]) == 0
    assert "sets 0-63" in capsys.readouterr().out


def test_the_document_is_the_same_however_it_is_written(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(manifest), "--format", "json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written == json.loads(json.dumps(api.replay(manifest).to_dict()))
    counted = [sum(run[2] for run in domain["frames"]) for domain in written["domains"]]
    assert counted[:2] == [sum(domain["pages_by_color"].values()) for domain in written["domains"]][:2]
    assert main(["replay", str(manifest), "--format", "json", "--no-frames", "--until", "dom0"]) == 0
    short = json.loads(capsys.readouterr().out)
    assert [domain["name"] for domain in short["domains"]] == ["dom0"]
    assert short["heap"]["final"] == written["steps"][4]["free"] != written["heap"]["final"]


def test_a_cell_is_as_wide_as_what_lies_in_it() -> None:
    parts = (
        Interval(0, 256, MapUse.BUDDY),
        Interval(256, 260, MapUse.MODULE),
        Interval(260, 2048, MapUse.COLOR_HEAP),
        Interval(1 << 30, (1 << 30) + 512, MapUse.XEN),
    )
    drawn = picture(parts, 64)
    assert [row and row.address for row in drawn.rows] == [0, 4096 << 10, None, 4 << 40]
    first, second, _, last = drawn.rows
    assert first is not None
    assert second is not None
    assert last is not None
    assert drawn.scale == 16
    assert "".join(text for text, _ in first.cells) == "B" * 16 + "m" + "░" * 47
    assert "".join(text for text, _ in second.cells) == "░" * 64
    assert "".join(text for text, _ in last.cells).strip() == "X" * 32


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(1, 1 << 30)), min_size=1, max_size=30))
def test_any_memory_makes_a_small_picture(spans: list[tuple[int, int]]) -> None:
    parts = []
    end = 0
    for start, size in sorted(spans):
        if start >= end:
            parts.append(Interval(start, start + size, MapUse.COLOR_HEAP))
            end = start + size
    drawn = picture(parts, 64)
    rows = [row for row in drawn.rows if row]
    assert 1 <= len(rows) <= 12
    assert len({row.address for row in rows}) == len(rows)
    for part in parts:
        assert any(a <= part.start < b for a, b in drawn.spans())


def test_bars_and_groups() -> None:
    lines = list(chart((100, 50, 1, 0), (100,) * 4, {2}, 80))
    assert [[bar for bar, _ in line.bars] for line in lines] == [["█", "▄", "▁", "0"]]
    assert [mood for _, mood in lines[0].bars] == ["other", "other", "own", "empty"]
    assert len(list(chart((1,) * 128, (1,) * 128, (), 70))) == 2
    assert [(g.colors, g.frames) for g in groups((7, 8, 90, 90), {0, 1, 3}, 1)] == [("0-1", "7-8"), ("3", "90")]


def test_the_document_does_not_pass_through_the_progress_bar(
    manifest: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from colorcheck.cli import replay_json as frames

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(frames, "_PATIENCE", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["replay", str(manifest), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == json.loads(json.dumps(api.replay(manifest).to_dict()))
    assert "frames" in err
