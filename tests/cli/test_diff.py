"""The merge gate, tried on changes of an example."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"
Change = Callable[[str, str], Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """An example's folder with one text in its device tree replaced."""

    def change(old: str, new: str) -> Path:
        shutil.copytree(EXAMPLES, tmp_path / "examples", dirs_exist_ok=True)
        folder = tmp_path / "examples" / "zcu102-dom0less"
        tree = folder / "system.dts"
        text = tree.read_text()
        assert old in text
        tree.write_text(text.replace(old, new))
        return folder

    return change


def diff(capsys: pytest.CaptureFixture[str], head: Path, *words: str) -> tuple[int, str]:
    status = main(["diff", str(EXAMPLES / "zcu102-dom0less"), str(head), *words])
    return status, capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], head: Path) -> tuple[int, dict[str, Any]]:
    status, out = diff(capsys, head, "--format", "json")
    return status, json.loads(out)


def test_nothing_changed(capsys: pytest.CaptureFixture[str], changed: Change) -> None:
    status, found = document(capsys, changed("telemetry", "telemetry"))
    assert status == 0
    assert not any(found[key] for key in ("pairs", "colors", "margins", "new_findings", "gone_findings", "reasons"))


def test_a_shared_color_is_new_sharing(capsys: pytest.CaptureFixture[str], changed: Change) -> None:
    status, found = document(capsys, changed('"7-10"', '"6-10"'))
    assert status == 1
    assert {tuple(pair["domains"]) for pair in found["pairs"]} == {("control", "dom0")}
    assert {pair["after"] for pair in found["pairs"]} == {"refuted"}
    assert {"new-sharing", "new-errors"} <= set(found["reasons"])


def test_less_memory_to_spare(capsys: pytest.CaptureFixture[str], changed: Change) -> None:
    head = changed("dom0_mem=512M", "dom0_mem=540M")
    status, found = document(capsys, head)
    assert status == 1
    assert found["reasons"] == ["less-margin"]
    assert {(margin["domain"], margin["after"] - margin["before"] < -7000) for margin in found["margins"]} >= {
        ("dom0", True)
    }
    assert diff(capsys, head, "--fail-on", "new-sharing,new-errors")[0] == 0


def test_coloring_switched_off_loses_every_pair(capsys: pytest.CaptureFixture[str], changed: Change) -> None:
    status, found = document(capsys, changed("llc-coloring=on", "llc-coloring=off"))
    assert status == 1
    assert len({tuple(pair["domains"]) for pair in found["pairs"]}) == 6
    assert "new-sharing" in found["reasons"]


def test_markdown_takes_names_literally(capsys: pytest.CaptureFixture[str], changed: Change) -> None:
    _, out = diff(capsys, changed('"7-10"', '"6-10"'), "--format", "markdown")
    assert "| control / dom0 | proved | refuted | 4.20, 4.21, 4.22 |" in out
    assert out.startswith("## colorcheck\n\n**1 pair no longer proved isolated")


@pytest.mark.parametrize(
    ("words", "status"),
    [(["nowhere"], 2), ([str(EXAMPLES)], 3), ([str(EXAMPLES / "xen-guide"), "--fail-on", "nonsense"], 2)],
)
def test_wrong_calls(capsys: pytest.CaptureFixture[str], words: list[str], status: int) -> None:
    assert main(["diff", *words]) == status
    assert capsys.readouterr().err.startswith("colorcheck: ")
