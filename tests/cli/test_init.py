"""`colorcheck init` writes a manifest that reads back and verifies."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from colorcheck.cli import main
from colorcheck.inputs.manifest.manifest_keys import KEYS
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import GUEST, Example
from colorcheck.workflows.init import CI_FILES


def test_the_manifest_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Example(guests=(("rt.cfg", GUEST),)).write(tmp_path)
    (tmp_path / "colorcheck.toml").unlink()
    (tmp_path / "notes.cfg").write_text("[section]\nkey: value\n", encoding="utf-8")
    assert main(["init", str(tmp_path), "--board", "zcu102"]) == 0
    written = read_manifest(str(tmp_path / "colorcheck.toml"))
    assert written.problems == ()
    assert (written.device_tree, written.domains, written.target.board) == ("system.dts", ("rt.cfg",), "zcu102")
    text = (tmp_path / "colorcheck.toml").read_text(encoding="utf-8")
    assert all(f"{key.name} = " in text for key in KEYS)
    assert main(["verify", str(tmp_path)]) in (0, 4)
    assert "PROVED" in capsys.readouterr().out


def test_a_manifest_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "colorcheck.toml").write_text("# mine\n", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert (tmp_path / "colorcheck.toml").read_text(encoding="utf-8") == "# mine\n"
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert main(["init", str(tmp_path / "nothing")]) == 2


def test_printing_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--stdout"]) == 0
    assert "[target]" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def _lines(told: object) -> Iterator[str]:
    """All texts of a YAML document."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict | list):
        for each in told.values() if isinstance(told, dict) else told:
            yield from _lines(each)


@pytest.mark.parametrize("service", CI_FILES)
def test_a_ci_job_at_the_top_of_the_repository(service: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    folder = tmp_path / "boards" / "a b"
    folder.mkdir(parents=True)
    Example(guests=(("rt.cfg", GUEST),)).write(folder)
    before = (folder / "colorcheck.toml").read_text(encoding="utf-8")
    assert main(["init", str(folder), "--ci", service]) == 0
    assert (folder / "colorcheck.toml").read_text(encoding="utf-8") == before
    text = (tmp_path / CI_FILES[service]).read_text(encoding="utf-8")
    lines = [line for line in _lines(yaml.safe_load(text)) if "colorcheck verify" in line]
    assert len(lines) == 1
    words = shlex.split(lines[0])
    words = words[words.index("verify") :]
    assert words[-2:] == ["--", "boards/a b"]
    assert (
        main([word.replace("=", f"={tmp_path}/") if "=" in word else word for word in words[:-1]] + [str(folder)]) == 0
    )
    assert main(["init", str(folder), "--ci", service]) == 2
