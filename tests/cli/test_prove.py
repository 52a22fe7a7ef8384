"""`[policy] prove`: what is asked for and stated by nobody is not skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.rules.example import Example
from colorcheck.verification.exit import Exit


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ('["*"]', Exit.CLEAN),
        ('["separation/*"]', Exit.CLEAN),
        ('["separation/*", "memory/dom0"]', Exit.CLEAN),
        ('["seperation/*"]', Exit.UNDECIDED),
        ('["separation/*", "memory/rt"]', Exit.UNDECIDED),
        ('["nothing"]', Exit.UNDECIDED),
    ],
)
def test_a_pattern_that_nothing_matches_is_told(asked: str, status: Exit, tmp_path: Path) -> None:
    path = Example(manifest=f"[policy]\nprove = {asked}\n").write(tmp_path)
    found = api.verify(path)
    assert found.exit_status() is status
    assert [entry.check for entry in found.skipped] == ["policy.prove"] * (status is Exit.UNDECIDED)


def test_the_nearest_kind_is_told(tmp_path: Path) -> None:
    found = api.verify(Example(manifest='[policy]\nprove = ["seperation/*"]\n').write(tmp_path))
    assert found.skipped[0].reason == 'no theorem matches "seperation/*"; did you mean "separation/*"?'


def test_the_report_counts_what_was_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Example().write(tmp_path)
    assert main(["verify", str(tmp_path), "--prove", "separation/*"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    asked = len([t for t in api.verify(tmp_path / "colorcheck.toml").theorems if t.id.startswith("separation/")])
    assert f"PROVED {asked} theorem" in shown
    assert f"✓ {asked} theorem" in shown
    assert "more, not asked, proved as well" in shown
