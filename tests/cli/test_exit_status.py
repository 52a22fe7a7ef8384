"""A table of command lines and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorcheck import __version__
from colorcheck.cli import full_parser, main
from colorcheck.cli.commands import COMMANDS

EXAMPLES = Path(__file__).parents[2] / "examples"
CLEAN, REFUSED = str(EXAMPLES / "zcu102-dom0less"), str(EXAMPLES / "xen-guide")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([], 2),
        (["--help"], 0),
        (["--version"], 0),
        (["nonsense"], 2),
        (["verify", CLEAN], 0),
        (["verify", CLEAN + "/colorcheck.toml"], 0),
        (["verify", REFUSED, "--fail-on", "info"], 1),
        (["verify", REFUSED], 1),
        (["verify", CLEAN + "/nothing"], 2),
        (["verify", CLEAN, "--fail-on", "nonsense"], 2),
        (["verify", CLEAN, "--format", "nonsense"], 2),
        (["verify", CLEAN, "--xen-image-size", "huge"], 2),
        (["verify", CLEAN, "--output", "json=/nonexistent/folder/file"], 2),
        (["verify", CLEAN, "--board", "rpi4"], 1),
        (["effective", CLEAN], 0),
        (["replay", CLEAN], 0),
        (["replay", REFUSED, "--format", "json"], 0),
        (["plan", REFUSED], 0),
        (["plan", REFUSED, "--diff"], 0),
        (["rules"], 0),
        (["explain", "CC401"], 0),
        (["explain", "shared-colors"], 0),
        (["explain", "CC4010"], 2),
        (["board", "list"], 0),
        (["board", "show", "zcu102"], 0),
        (["board", "show", "zcu10"], 2),
        (["plugins"], 0),
    ],
)
def test_exit_status(words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert out or err


def test_a_run_needs_no_manifest(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES / "device-trees")
    tree = "../rpi4-xl/bcm2711-rpi-4-b.dts"
    words = ["verify", "--xen", "4.20", "--board", "rpi4", "--device-tree", tree, "--domain", "../rpi4-xl/camera.cfg"]
    assert main(words) == 1
    assert "CC111" in capsys.readouterr().out


def test_options_are_laid_over_the_manifest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)
    assert main(["effective", "zcu102-dom0less", "--xen", "4.22", "--boot-arguments", "llc-coloring=off"]) == 0
    out = capsys.readouterr().out
    assert "Xen 4.22: coloring is off" in out
    assert "4.20" not in out


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_has_a_help_page(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: colorcheck {command}" in out
    assert len(out) > 200


def test_the_full_parser_knows_every_command() -> None:
    assert "verify" in full_parser().format_help()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"colorcheck {__version__}\n"


def test_effective_does_not_load_the_solver() -> None:
    loaded = "'colorcheck.proof.z3_library' in sys.modules"
    code = f"import sys; from colorcheck.cli import main; main(['effective', {CLEAN!r}]); sys.exit({loaded})"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_help_does_not_import_what_it_does_not_need() -> None:
    heavy = "{'colorcheck.proof', 'lark', 'rich', 'pluggy', 'importlib.metadata', 'colorcheck.workflows.verify'}"
    code = f"import sys; from colorcheck.cli import main; main(['--help']); sys.exit(str({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"


def test_a_reader_that_goes_away_does_not_change_the_status() -> None:
    command = [sys.executable, "-m", "colorcheck", "rules"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
        errors = running.stderr.read() if running.stderr else b""
        assert running.wait() == 0
    assert errors == b""


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "colorcheck", "verify", REFUSED], capture_output=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
