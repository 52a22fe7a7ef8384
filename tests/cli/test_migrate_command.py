"""The command migrate: what it shows, what it writes, and that the files then say the same to another Xen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example
from tests.shapes import rows, table

NODE = 'domU1 {{ compatible = "xen,domain"; memory = <0 0x10000>; cpus = <1>; {} }};'
UPSTREAM = "dom0_mem=1G llc-coloring=on llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0-llc-colors=2-8"
OLD = "dom0_mem=1G way_size=65536 xen_colors=0-1 dom0_colors=2-8"


def deployment(folder: Path, xen: str, arguments: str, node: str, guest: str) -> dict[str, tuple[list[int], ...]]:
    Example(xen=xen, boot_arguments=arguments, chosen=NODE.format(node), guests=(("rt.cfg", guest),)).write(folder)
    return meaning(folder)


def meaning(folder: Path) -> dict[str, tuple[list[int], ...]]:
    document = api.effective(folder).to_dict()
    domains: dict[str, tuple[list[int], ...]] = {each["name"]: (each["colors"],) for each in rows(document["domains"])}
    return {"xen": (table(document["xen"])["colors"],)} | domains


@pytest.mark.parametrize(
    ("source", "arguments", "node", "guest", "target"),
    [
        ("4.20", UPSTREAM, 'llc-colors = "9-10";', GUEST, "4.22"),
        ("4.20", UPSTREAM, 'llc-colors = "9-10";', GUEST, "xilinx-4.13"),
        ("4.20", UPSTREAM, 'llc-colors = "9,10";', GUEST, "xilinx-4.17"),
        ("xilinx-4.13", OLD, "colors = <0x0 0x600>;", GUEST.replace("llc_colors", "colors"), "4.22"),
        ("xilinx-4.13", OLD, "colors = <0x600>;", GUEST.replace("llc_colors", "colors"), "4.20"),
    ],
)
def test_written_files_mean_the_same(
    source: str, arguments: str, node: str, guest: str, target: str, *, tmp_path: Path
) -> None:
    before = deployment(tmp_path, source, arguments, node, guest)
    assert before["domU1"] == ([9, 10],)
    assert main(["migrate", str(tmp_path), "--to", target, "--write"]) == 0
    assert api.verify(tmp_path).manifest.target.xen == (target,)
    assert meaning(tmp_path) == before
    assert not [f for f in api.verify(tmp_path).findings if f.rule in ("CC105", "CC202", "CC203", "CC204", "CC207")]
    assert main(["migrate", str(tmp_path), "--to", target]) == 0


def test_diff_is_the_default_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path, "xilinx-4.13", OLD, "colors = <0x600>;", "colors = ['11-14']\n")
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert main(["migrate", str(tmp_path), "--to", "4.22"]) == 0
    shown = capsys.readouterr().out
    assert '+xen = "4.22"' in shown
    assert "+llc_colors = ['11-14']" in shown
    assert "xen-llc-colors=0-1" in shown
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == texts


def test_what_cannot_be_said_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path, "xilinx-4.13", OLD, "", "memory = 64\n")
    assert main(["migrate", str(tmp_path), "--to", "4.22"]) == 1
    assert "domU1 names no colors" in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path, "xilinx-4.13", OLD, "colors = <0x600>;", "colors = ['11-14']\n")
    assert main(["migrate", str(tmp_path), "--to", "v4.22", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["from"], document["to"]) == ("colorcheck/migrate/1", "xilinx-4.13", "4.22")
    assert document["problems"] == []
    assert {Path(edit["file"]).name for edit in document["edits"]} == {"system.dts", "rt.cfg", "colorcheck.toml"}


def test_named_source_goes_before_the_guess(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path, "xilinx-4.17", "xen_colors=0 dom0_colors=2-8", "colors = <0x600>;", "colors = ['11']\n")
    assert main(["migrate", str(tmp_path), "--from", "xilinx-4.17", "--to", "4.22"]) == 0
    assert "llc-coloring=on xen-llc-colors=0" in capsys.readouterr().out


def test_unknown_xen_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path, "4.20", UPSTREAM, 'llc-colors = "9";', GUEST)
    assert main(["migrate", str(tmp_path), "--to", "4.222"]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_macros_are_not_edited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Example(xen="xilinx-4.13", boot_arguments=OLD).write(tmp_path)
    text = (tmp_path / "system.dts").read_text()
    text = text.replace("/dts-v1/;", f'#define ARGUMENTS "{OLD}"\n/dts-v1/;').replace(f'= "{OLD}"', "= ARGUMENTS")
    (tmp_path / "system.dts").write_text(text)
    assert main(["migrate", str(tmp_path), "--to", "4.22", "--write"]) in (0, 1)
    after = (tmp_path / "system.dts").read_text()
    assert "ARGUMENTS;" in after
    assert OLD in after or "xen-llc-colors=0-1" in after


def test_fix_shows_or_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Example(xen="4.20", boot_arguments=UPSTREAM.replace("xen-llc-colors", "xen_colors")).write(tmp_path)
    before = (tmp_path / "system.dts").read_text()
    assert main(["verify", str(tmp_path), "--fix", "--diff"]) == 1
    assert "+" in capsys.readouterr().out
    assert (tmp_path / "system.dts").read_text() == before
    assert main(["verify", str(tmp_path), "--fix"]) == 0
    assert (tmp_path / "system.dts").read_text() == before.replace("xen_colors", "xen-llc-colors")
    assert main(["verify", str(tmp_path), "--diff"]) == 2
