"""The example plugin, installed beside colorcheck as a stranger's would be, and a broken one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorcheck.rules.example import Example
from tests.once import made_once

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "plugins" / "colorcheck_example_board"


def colorcheck(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", "import sys; from colorcheck.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def write_distribution(site: Path, name: str, source: str) -> None:
    """An installed distribution, as pip leaves it, whose only module is a plugin."""
    (site / f"{name}.py").write_text(source, encoding="utf-8")
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[colorcheck]\n{name} = {name}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="needs hatchling: pip install hatchling")

    def make(site: Path) -> None:
        install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
        subprocess.run([*install, "--target", str(site), str(EXAMPLE)], check=True, capture_output=True, timeout=300)

    return made_once(tmp_path_factory, "site", make)


def test_it_is_loaded(installed: Path) -> None:
    told = json.loads(colorcheck(installed, "plugins", "--format", "json").stdout)
    names = {entry["name"]: entry for entry in told["plugins"]}
    assert names["example-board"]["problems"] == []
    assert names["example-board"]["adds"]["boards"] == ["acme-one"]
    assert names["example-board"]["distribution"] == "colorcheck-example-board"
    assert not names["example-board"]["built_in"]
    assert names["boards"]["built_in"]


def test_its_board_is_in_the_catalogue(installed: Path) -> None:
    shown = colorcheck(installed, "board", "show", "acme-one")
    assert shown.returncode == 0
    assert "Acme SoC" in shown.stdout


def test_its_reader_its_rule_and_its_format_take_part(installed: Path, tmp_path: Path) -> None:
    deployment = Example(guests=(("rt.acme", "rt 256 11"),), manifest="[domains.rt]\ncritical = true\n")
    deployment.write(tmp_path)
    told = json.loads(colorcheck(installed, "verify", str(tmp_path), "--format", "json").stdout)
    assert "ACME01" in {finding["rule"] for finding in told["findings"]}
    line = colorcheck(installed, "verify", str(tmp_path), "--format", "acme-line").stdout
    assert line.startswith("acme: exit ")


@pytest.mark.parametrize("source", ["import nothing_of_this_name\n", "raise SystemExit(0)\n", "pass\n"])
def test_a_broken_plugin_never_makes_a_run_green(tmp_path: Path, source: str) -> None:
    site, deployment = tmp_path / "site", tmp_path / "deployment"
    site.mkdir()
    deployment.mkdir()
    Example().write(deployment)
    clean = colorcheck(site, "verify", str(deployment))
    assert clean.returncode == 0, clean.stdout
    write_distribution(site, "broken", source)
    spoiled = colorcheck(site, "verify", str(deployment))
    assert spoiled.returncode == 1
    assert "broken" in spoiled.stdout
    assert colorcheck(site, "plugins").returncode == 1
