"""`--time-limit`: what was not decided in time is unknown, and the run ends with 4. No test waits for a clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import TIME_IS_OVER
from colorcheck.rules.example import GUEST, Example
from colorcheck.verification.exit import Exit
from tests.shapes import table

NONE = 1e-9  # seconds: over before anything is asked
CLEAN = Example(guests=(("rt.cfg", GUEST),))
OPEN = Example(guests=(("rt.cfg", GUEST),), placed=False)


@pytest.mark.parametrize("example", [CLEAN, OPEN], ids=["given", "open"])
def test_what_is_not_decided_in_time_is_unknown(example: Example, tmp_path: Path) -> None:
    path = example.write(tmp_path)
    found = api.verify(path, time_limit=NONE)
    assert found.count(Verdict.REFUTED) == 0
    late = [theorem for theorem in found.theorems if TIME_IS_OVER in theorem.reason]
    assert late
    assert all(theorem.verdict is Verdict.UNKNOWN for theorem in late)
    assert found.exit_status() is Exit.UNDECIDED
    document = found.to_dict()
    assert document["time_limit"] == {"seconds": NONE, "undecided": len({theorem.id for theorem in late})}
    assert table(document["summary"])["unknown"] == len({theorem.id for theorem in late})


def test_enough_time_changes_nothing(tmp_path: Path) -> None:
    path = CLEAN.write(tmp_path)
    found, plain = api.verify(path, time_limit=1e6), api.verify(path)
    assert [(each.id, each.verdict) for each in found.theorems] == [(each.id, each.verdict) for each in plain.theorems]
    assert found.exit_status() is plain.exit_status() is Exit.CLEAN
    assert found.to_dict()["time_limit"] == {"seconds": 1e6, "undecided": 0}
    assert plain.to_dict()["time_limit"] is None


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(CLEAN.write(tmp_path))
    assert main(["verify", path, "--time-limit", "0.000000001"]) == 4
    told = capsys.readouterr().out
    assert told.startswith(" UNDECIDED ")
    assert " ".join(TIME_IS_OVER.split()[:4]) in told
    assert main(["verify", path, "--time-limit", "0.000000001", "--format", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["time_limit"]["undecided"] > 0
    assert main(["verify", path, "--time-limit", "100000"]) == 0


@pytest.mark.parametrize("text", ["0", "-1", "soon", "inf", "nan", ""])
def test_a_limit_is_a_time(text: str, tmp_path: Path) -> None:
    assert main(["verify", str(CLEAN.write(tmp_path)), "--time-limit", text]) == 2


def test_for_many_deployments_it_holds_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        CLEAN.write(tmp_path / name)
    command = ["verify", str(tmp_path), "--recursive", "--no-cache", "--jobs", "1", "--format", "json"]
    assert main([*command, "--time-limit", "0.000000001"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert [each["status"] for each in document["deployments"]] == [4, 4]
    assert all(each["report"]["time_limit"]["undecided"] for each in document["deployments"])
    assert main(command) == 0
