"""`verify --certify` and `certify`: written, re-checked, and refused when something is not as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from colorcheck.cli import main

pytest.importorskip("cvc5", reason="needs cvc5: pip install 'xen-colorcheck[certify]'")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    for folder in ("xen-guide", "device-trees"):
        shutil.copytree(EXAMPLES / folder, tmp_path / folder)
    return tmp_path / "xen-guide"


@pytest.mark.slow
def test_certificates_are_written_and_confirmed(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(deployment / "proofs")
    assert main(["verify", str(deployment), "--format", "json", "--certify", folder]) == 1
    assert json.loads(capsys.readouterr().out)["summary"]["refuted"]
    assert main(["certify", "--check", folder]) == 1
    said = capsys.readouterr().out
    assert "refuted: separation/dom0/domU1" in said
    assert "differs" not in said
    assert main(["certify", str(deployment), "--write", folder]) == 1
    assert main(["certify", "--check", folder, "--format", "json"]) == 1
    statuses = {each["status"] for each in json.loads(capsys.readouterr().out.partition("\n")[2])["checks"]}
    assert statuses == {"confirmed", "refuted", "vacuous"}


def test_a_changed_input_fails_the_check(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(deployment / "proofs")
    main(["certify", str(deployment), "--write", folder])
    with (deployment / "proofs/inputs/xen-guide/system.dts").open("a", encoding="utf-8") as tree:
        tree.write("\n")
    assert main(["certify", "--check", folder]) == 1
    assert "changed: inputs/xen-guide/system.dts" in capsys.readouterr().out


def test_nothing_to_check_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--check", str(tmp_path)]) == 1
    assert main(["certify"]) == 2
    assert main(["verify", str(EXAMPLES), "--recursive", "--certify", str(tmp_path)]) == 2
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("words", [["certify", "--write"], ["verify", "--certify"]])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_read(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    (tmp_path / "colorcheck.toml").write_text("not toml", encoding="utf-8")
    assert main([words[0], str(tmp_path), words[1], str(tmp_path / "taken" / "below")]) == 2
    assert f"{tmp_path / 'taken'} is not a directory" in capsys.readouterr().err
