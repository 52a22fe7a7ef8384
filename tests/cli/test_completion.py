"""The completion scripts load in their shells, and bash completes what there is to complete."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.cli.commands import COMMANDS
from colorcheck.cli.completion import PATIENCE, SHELLS
from colorcheck.files.costs import Allowance, TooCostly, allowance
from colorcheck.inputs.manifest.manifest import Manifest

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
        pytest.skip(f"needs a shell: install {shell}")
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
        (["colorcheck", "verify", "--xen", "4.2"], ["4.20", "4.21", "4.22"]),
        (["colorcheck", "verify", "--format", "j"], ["json", "junit"]),
        (["colorcheck", "verify", "--select", "CC40"], ["CC401", "CC402"]),
        (["colorcheck", "plan", "--objective", ""], ["changes", "margin"]),
        (["colorcheck", "migrate", "--to", "xil"], ["xilinx-4.17"]),
        (["colorcheck", "board", "show", "zcu10"], ["zcu102"]),
        (["colorcheck", "schema", "ver"], ["verify"]),
        (["colorcheck", "plan", "--front", "ca"], ["cache"]),
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


_FISH = "source $argv[1]; complete -C$argv[2]"


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs a shell: install fish")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("colorcheck ver", "verify"),
        ("colorcheck verify --xen 4.2", "4.21"),
        ("colorcheck verify --board zcu10", "zcu104"),
        ("colorcheck verify --format sa", "sarif"),
        ("colorcheck explain CC40", "CC402"),
        ("colorcheck schema ver", "verify"),
        ("colorcheck plan --front ca", "cache"),
    ],
)
def test_fish_completes(line: str, offered: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = script("fish", tmp_path, capsys)
    words = ["fish", "--no-config", "-c", _FISH, str(file), line]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert offered in [text.split("\t")[0] for text in done.stdout.splitlines()]


_ZSH_COMPLETES = r"""
zmodload zsh/zpty
until_there() {
    text=
    for i in {1..1200}; do
        zpty -r -t shell part && text+=$part
        [[ $text == *$1* ]] && break
        sleep 0.05
    done
}
zpty -b shell "COLUMNS=200 TERM=dumb PS1= ZDOTDIR=$1 zsh -f -i"
zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -D -u; LISTMAX=0"
zpty -w shell "bindkey '^I' list-choices; echo READ'Y'"
until_there READY
zpty -w -n shell "$2"$'\t'
until_there $3
print -r -- "$text"
zpty -d shell
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs a shell: install zsh")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("colorcheck verify --xen 4.2", "4.21"),
        ("colorcheck verify --board zcu10", "zcu104"),
        ("colorcheck schema ver", "verify/1"),
        ("colorcheck plan --front ca", "cache"),
    ],
)
def test_zsh_completes(line: str, offered: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script("zsh", tmp_path, capsys).rename(tmp_path / "_colorcheck")
    words = ["zsh", "-f", "-c", _ZSH_COMPLETES, "zsh", str(tmp_path), line, offered]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert offered in done.stdout, done.stderr


_DEPLOYMENT = Path(__file__).parents[2] / "examples" / "zcu102-dom0less"
_NAMES_DOMAINS = [
    (["plan", "--keep", ""], {"control", "dom0", "telemetry"}),
    (["plan", "--apart", "tele"], {"telemetry"}),
    (["plan", "--share", "dom0,con"], {"dom0,control"}),
    (["replay", "--at", "con"], {"control"}),
    (["interfere", "--victim", "t"], {"telemetry"}),
]


@pytest.fixture
def path_with_colorcheck(tmp_path: Path) -> str:
    """A PATH on which `colorcheck` is the program that is tested."""
    program = tmp_path / "bin" / "colorcheck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m colorcheck "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.slow
@pytest.mark.parametrize(("words", "offered"), _NAMES_DOMAINS)
def test_bash_completes_domains(
    words: list[str],
    offered: set[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    path_with_colorcheck: str,
) -> None:
    file = script("bash", tmp_path, capsys)
    environment = {**os.environ, "PATH": path_with_colorcheck}
    command = ["bash", "--norc", "-c", _COMPLETE, "complete", str(file), "colorcheck", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=True, cwd=_DEPLOYMENT, env=environment
    )
    assert set(done.stdout.split()) == offered, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("fish") is None, reason="needs a shell: install fish")
@pytest.mark.parametrize(("words", "offered"), _NAMES_DOMAINS)
def test_fish_completes_domains(
    words: list[str],
    offered: set[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    path_with_colorcheck: str,
) -> None:
    file = script("fish", tmp_path, capsys)
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PATH": path_with_colorcheck}
    command = ["fish", "--no-config", "-c", _FISH, str(file), " ".join(["colorcheck", *words])]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=True, cwd=_DEPLOYMENT, env=environment
    )
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == offered, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs a shell: install zsh")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("plan --keep tele", "telemetry"),
        ("plan --share dom0,con", "control"),
        ("replay --at con", "control"),
        ("interfere --workload con", "control"),
    ],
)
def test_zsh_completes_domains(
    line: str,
    offered: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    path_with_colorcheck: str,
) -> None:
    script("zsh", tmp_path, capsys).rename(tmp_path / "_colorcheck")
    words = ["zsh", "-f", "-c", _ZSH_COMPLETES, "zsh", str(tmp_path), f"colorcheck {line}", offered]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=_DEPLOYMENT,
        env={**os.environ, "PATH": path_with_colorcheck},
    )
    assert offered in done.stdout, done.stderr


@pytest.mark.parametrize("named", ["zcu102-dom0less", "zcu102-dom0less/colorcheck.toml"])
def test_domains_of_the_deployment_that_the_line_names(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(_DEPLOYMENT.parent)
    assert main(["completion", "domains", "--", "colorcheck", "plan", "--keep", named]) == 0
    assert capsys.readouterr().out.split() == ["control", "dom0", "telemetry"]


def test_domains_are_those_of_the_deployment_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(_DEPLOYMENT)
    assert main(["completion", "domains"]) == 0
    assert capsys.readouterr().out.split() == ["control", "dom0", "telemetry"]
    monkeypatch.chdir(tmp_path)
    assert main(["completion", "domains"]) == 0
    assert capsys.readouterr().out == ""


def test_a_name_that_a_shell_would_run_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rt.cfg").write_text('name = "$(touch x)"\nmemory = 64\n', encoding="utf-8")
    (tmp_path / "colorcheck.toml").write_text('[target]\nboard = "zcu102"\n[inputs]\ndomains = ["rt.cfg"]\n')
    monkeypatch.chdir(tmp_path)
    assert main(["completion", "domains"]) == 0
    assert "touch" not in capsys.readouterr().out


def test_a_key_that_is_pressed_reads_nothing_outside_of_the_work_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outside.cfg").write_text('name = "outside"\nmemory = 64\n', encoding="utf-8")
    checkout = tmp_path / "checkout"
    shutil.copytree(_DEPLOYMENT.parent / "rpi4-xl", checkout)
    (checkout / ".git").mkdir()
    manifest = checkout / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"camera.cfg"', '"camera.cfg", "../outside.cfg"'), encoding="utf-8")
    monkeypatch.chdir(checkout)
    assert main(["completion", "domains"]) == 0
    names = capsys.readouterr().out.split()
    assert "camera" in names
    assert "outside" not in names
    monkeypatch.chdir(tmp_path)
    assert main(["completion", "domains", "--", "colorcheck", "plan", "checkout", "--keep"]) == 0
    assert "outside" not in capsys.readouterr().out.split()


def test_a_key_that_is_pressed_waits_for_little(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Allowance | None] = []

    def read(path: str) -> Manifest:
        seen.append(allowance())
        raise TooCostly("takes more than 5 s", path)

    monkeypatch.chdir(_DEPLOYMENT)
    monkeypatch.setattr("colorcheck.inputs.manifest.manifest_reader.read_manifest", read)
    assert main(["completion", "domains"]) == 0
    assert capsys.readouterr() == ("", "")
    assert [each.seconds for each in seen if each is not None] == [PATIENCE]
