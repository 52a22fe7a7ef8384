"""`colorcheck effective --tree`: what Xen receives, and where each property comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import Example
from colorcheck.rules.reading.boot_script_examples import scripted


def shown(example: Example, folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    example.write(folder)
    main(["effective", str(folder), "--tree", *more])
    return capsys.readouterr().out


def test_lines_of_the_script_and_of_the_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(scripted('fdt set /chosen seen "by script"'), tmp_path, capsys).splitlines()
    seen = next(line for line in lines if "seen = " in line)
    assert '"by script"' in seen
    assert "boot.cmd:5" in seen
    assert "followed" in seen
    given = next(line for line in lines if "xen,xen-bootargs = " in line)
    assert "system.dts:" in given
    assert any("trusted:" in line for line in lines)


def test_without_a_script_it_is_the_tree_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(shown(Example(), tmp_path, capsys, "--format", "json"))
    assert document["stopped"] is None
    assert document["tree"]["/chosen"]["xen,xen-bootargs"]
