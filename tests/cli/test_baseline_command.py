from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.source import Location
from colorcheck.findings.fixes import fixes
from colorcheck.rules.example import Example

GUEST = 'name = "rt"\nkernel = "Image"\nmemory = 64\nllc_colors = ["011-12"{}]\n'


def make(folder: Path, text: str) -> None:
    Example(guests=(("rt.cfg", text),)).write(folder)


def run(*arguments: str) -> int:
    """The exit status of a command."""
    try:
        return int(main(arguments) or 0)
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, GUEST.format(""))
    return tmp_path


def test_known_findings_do_not_fail_and_new_ones_do(here: Path) -> None:
    assert run("verify", "--fail-on", "warning") == 1
    assert run("baseline", "create") == 0
    assert run("baseline", "check", "--fail-on", "warning") == 0
    assert run("verify", "--baseline", "colorcheck-baseline.json", "--fail-on", "warning") == 0
    make(here, "# moved\n# down\n" + GUEST.format(""))
    assert run("baseline", "check", "--fail-on", "warning") == 0
    make(here, GUEST.format(', "013"'))
    assert run("baseline", "check", "--fail-on", "warning") == 1


def test_prune_takes_out_what_is_mended(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("baseline", "create") == 0
    make(here, GUEST.replace("011", "11").format(""))
    assert run("baseline", "check") == 0
    assert "gone" in capsys.readouterr().err
    assert run("baseline", "prune") == 0
    assert '"findings": []' in (here / "colorcheck-baseline.json").read_text(encoding="utf-8")


def test_a_missing_or_broken_baseline_is_wrong_usage(here: Path) -> None:
    assert run("baseline", "check") == 2
    (here / "colorcheck-baseline.json").write_text("{}", encoding="utf-8")
    assert run("baseline", "check") == 2


def test_fix_writes_and_verifies_again(here: Path) -> None:
    assert run("verify", "--fix", "--fail-on", "warning") == 0
    assert 'llc_colors = ["11-12"]' in (here / "rt.cfg").read_text(encoding="utf-8")


def test_overlapping_fixes_the_first_wins() -> None:
    def found(rule: str, *spans: tuple[int, int]) -> Finding:
        edits = tuple(Edit(Location("a", 1, start, 1, end), rule) for start, end in spans)
        return Finding(rule, rule, Severity.ERROR, "", Location("a"), fix=edits)

    made = fixes([found("x", (1, 5)), found("y", (7, 9), (3, 4)), found("z", (5, 6)), found("x", (1, 5))])
    assert [(edit.new_text, edit.location.column) for edit in made] == [("x", 1), ("z", 5)]
