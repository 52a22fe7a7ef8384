"""The completion scripts load in their shells, and bash completes what there is to complete."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.cli.commands import COMMANDS
from colorcheck.cli.completion import SHELLS

_ZSH = (
    "fpath=($PWD $fpath); autoload -U compinit; compinit -D -u; (( $+_comps[colorcheck] )) && autoload +X _colorcheck"
)
_LOAD = {"bash": ["--norc"], "zsh": ["-f", "-c", _ZSH], "fish": ["--no-config"]}
_COMPLETE = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
spec=$(complete -p colorcheck)
function=${spec#*-F }
"${function%% *}" colorcheck "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completion", shell]) == 0
    file = folder / f"colorcheck.{shell}"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    return file


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_loads_the_script(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    file = script(shell, tmp_path, capsys).rename(tmp_path / "_colorcheck")
    words = [shell, *_LOAD[shell], str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["colorcheck", ""], [command.name for command in COMMANDS]),
        (["colorcheck", "ver"], ["verify"]),
        (["colorcheck", "verify", "--dev"], ["--device-tree", "--device-tree-address", "--device-tree-size"]),
        (["colorcheck", "verify", "--fail-on", ""], ["error", "warning", "info"]),
        (["colorcheck", "verify", "--board", "zcu10"], ["zcu102", "zcu104", "zcu106"]),
        (["colorcheck", "explain", "CC401"], ["CC401"]),
        (["colorcheck", "verify", "--domain", "rt"], ["rt.cfg"]),
    ],
)
def test_bash_completes(
    words: list[str], offered: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rt.cfg").touch()
    file = script("bash", tmp_path, capsys)
    command = ["bash", "--norc", "-c", _COMPLETE, "complete", str(file), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path)
    assert set(offered) <= set(done.stdout.split()), done.stderr
