"""The first board of `docs/boards-attested.md`: what is known of the log of a Renesas H3ULCB, on a rebuilt tree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows import verify as pipeline

TREE = Path(__file__).parents[1] / "golden" / "boards" / "h3ulcb.dts"
LINE = "/memreserve/ 0x75800000 0xa800000;"
LOG = """(XEN) Command line: dom0_mem=2048M llc-coloring=on
(XEN) LLC coloring configuration:
(XEN)     Number of LLC colors supported: 32
"""
MANIFEST = """[target]
xen = "4.22"
board = "rcar-h3"
loader = "none"
boot-cpu = 0
xen-address = 0x48080000
device-tree-address = 0x48000000
device-tree-size = 0x20000
xen-image-size = 0x180000
[inputs]
device-tree = "system.dts"
"""


def deployment(folder: Path, tree: str) -> str:
    (folder / "system.dts").write_text(tree)
    (folder / "serial.txt").write_text(LOG)
    (folder / "colorcheck.toml").write_text(MANIFEST)
    return str(folder / "colorcheck.toml")


def banks(manifest: str) -> tuple[tuple[int, int], ...]:
    ((_, boot),) = pipeline.replay(read_manifest(manifest)).facts.boots()
    return boot.built[0].banks


def test_what_the_message_says_is_what_the_model_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments and number of colors; that is not enough for attested."""
    path = deployment(tmp_path, TREE.read_text())
    assert main(["attest", path, "--log", str(tmp_path / "serial.txt"), "--format", "json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "partly-attested"
    assert {check["subject"]: check["agrees"] for check in found["checks"]} == {
        "command line": True,
        "number of colors": True,
    }


def test_the_line_that_booti_adds_decides_the_banks(tmp_path: Path) -> None:
    """Three banks that end where the ramdisk is reserved; without the line the first one goes on to the end."""
    text = TREE.read_text()
    with_line = banks(deployment(tmp_path, text))
    assert len(with_line) == 3
    assert with_line[0] == (0x4800_0000, 0x7580_0000)
    without = banks(deployment(tmp_path, text.replace(LINE, "")))
    assert without[0] == (0x4800_0000, 0x8000_0000)
    assert sum(end - start for start, end in with_line) == sum(end - start for start, end in without) == 2048 << 20
