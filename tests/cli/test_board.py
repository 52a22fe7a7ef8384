"""`colorcheck board` and `colorcheck plugins`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.hardware.board_file import read_board
from colorcheck.plugins.manager import catalogue

TREES = Path(__file__).resolve().parents[1] / "hardware" / "trees"


def test_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["board", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(catalogue().names()) + 1
    assert max(map(len, lines)) <= 80


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "list", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    boards = {board["name"]: board for board in told["boards"]}
    assert told["schema"] == "colorcheck/board list/1"
    assert boards["zcu102"]["nr_colors"] == 16
    assert boards["rcar-h3"]["clusters"][1]["llc"]["nr_colors"] == 8
    assert {"name", "title", "soc", "clusters", "nr_colors", "colorable", "iommu", "sources"} <= set(boards["rpi4"])


@pytest.mark.parametrize("name", catalogue().names())
def test_show(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["board", "show", name]) == 0
    out = capsys.readouterr().out
    board = catalogue().board(name)
    assert board.title in out
    assert all(cluster.cores in out for cluster in board.clusters)
    assert "sources:" in out
    assert "see the file" not in out


def test_the_drawing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["board", "show", "zcu104"])
    rows = dict(
        line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines() if line[:12].strip() in ROWS
    )
    assert {name: len(row) for name, row in rows.items()}
    assert {name: row.lstrip() for name, row in rows.items()} == {
        "set index": "ssssssssss",
        "color": "CCCC",
        "DRAM bank": "BBB",
        "line offset": "oooooo",
    }


ROWS = {"set index", "color", "DRAM bank", "line offset"}


def test_a_machine_that_is_not_its_silicon_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["board", "show", "qemu-raspi3b"])
    assert "beware" in capsys.readouterr().out


def test_unknown_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "show", "zcu-102"]) == 2
    assert "zcu102" in capsys.readouterr().err


def test_from_device_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "from-device-tree", str(TREES / "rk3399.dts")]) == 0
    board = read_board(capsys.readouterr().out, "mine")
    assert [cluster.llc.nr_colors for cluster in board.clusters if cluster.llc] == [8, 16]


def test_from_a_wrong_device_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "from-device-tree", str(TREES / "j784s4.dts")]) == 1
    captured = capsys.readouterr()
    assert "32 ways" in captured.err
    assert read_board(captured.out, "mine").nr_colors is None
    assert main(["board", "from-device-tree", str(TREES / "j784s4.dts"), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "device-tree-geometry" in {problem["kind"] for problem in told["problems"]}


@pytest.mark.parametrize("content", [None, b"", b"\xd0\x0d\xfe\xed\x00", b"\xff\xfe", b"/dts-v1/; / {"])
def test_from_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None) -> None:
    path = tmp_path / "x.dtb"
    if content is not None:
        path.write_bytes(content)
    assert main(["board", "from-device-tree", str(path)]) == 2
    assert "x.dtb" in capsys.readouterr().err


def test_plugins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins"]) == 0
    assert "colorcheck_boards" in capsys.readouterr().out
    assert main(["plugins", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["plugins"][0]["built_in"]
