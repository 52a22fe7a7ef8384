"""ImageBuilder's ways to no script, and files that its configuration takes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.inputs.boot.image_builder import read_image_builder

BASE = """MEMORY_START=0x0
MEMORY_END=0x80000000
XEN=xen
DEVICE_TREE=system.dtb
DOM0_KERNEL=Image
NUM_DOMUS=1
"""
MANIFEST = '[target]\nxen = "4.20"\nboard = "zcu102"\n[inputs]\nimage-builder = "config"\n'


def written(folder: Path, text: str, **files: str) -> Path:
    (folder / "colorcheck.toml").write_text(MANIFEST)
    (folder / "config").write_text(BASE + text)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DOMU_KERNEL[1]=rt\nDOMU_MEM[1]=128\n", "DOMU_KERNEL[0] is not defined"),
        ('DOMU_KERNEL[0]=rt\nXEN_CMD="console=dtuart"\nDOM0_MEM=512\n', "DOM0_MEM"),
        ("DOMU_KERNEL[0]=rt\nNUM_DT_OVERLAY=1\n", "DT_OVERLAY[0] is not defined"),
        ("NUM_DOMUS=0\nDOM0_KERNEL=\n", "neither DOM0_KERNEL nor a domain"),
        ("DOMU_KERNEL[0]=rt\nDOM0_KERNEL=\nDOM0_RAMDISK=rd\n", "DOM0_RAMDISK is set without DOM0_KERNEL"),
        ('DOMU_KERNEL[0]=rt\nXEN_CMD="console=dtuart"\nDOM0_VCPUS=1\n', "DOM0_VCPUS"),
    ],
)
def test_no_script(text: str, said: str, tmp_path: Path) -> None:
    folder = written(tmp_path, text)
    found = api.verify(folder)
    assert not found.facts.results[0].theorems
    assert said in (api.handover(folder).stopped or "")
    assert any(said in finding.message for finding in found.findings if finding.rule == "CC022")
    assert api.replay(folder).to_dict()["outcome"] == "stopped"


def test_a_file_is_taken_in(tmp_path: Path) -> None:
    text = 'COLORS=1-2\nsource more\nXEN_CMD="console=dtuart $OTHER"\n'
    more = 'DOMU_KERNEL[0]=rt\nDOMU_MEM[0]=128\nOTHER="llc-coloring=on xen-llc-colors=0 dom0-llc-colors=$COLORS"\n'
    found = api.verify(written(tmp_path, text, more=more))
    system = found.facts.results[0].system
    assert system is not None
    assert [domain.colors for domain in system.domains if domain.name == "dom0"] == [(1, 2)]
    assert not [finding for finding in found.findings if finding.rule == "CC011"]


@pytest.mark.parametrize("name", ["missing", "config", "."])
def test_what_is_not_read_leaves_all_open(name: str, tmp_path: Path) -> None:
    found = api.verify(written(tmp_path, f"source {name}\n"))
    theorems = found.facts.results[0].theorems
    assert not [theorem for theorem in theorems if theorem.verdict is Verdict.PROVED and theorem.subjects]
    assert not any("DOMU_KERNEL[0] is not defined" in finding.message for finding in found.findings)


def test_memory_that_ends_below_the_files(tmp_path: Path) -> None:
    files = {"xen": "x", "Image": "x", "rt": "x", "system.dtb": "x"}
    folder = written(tmp_path, "DOMU_KERNEL[0]=rt\nMEMORY_END=0x1000000\n", **files)
    assert "above MEMORY_END" in (api.handover(folder).stopped or "")
    (folder / "xen").unlink()  # its size is assumed then, and nothing is certain
    assert api.handover(folder).stopped is None
    proves_nothing(folder)


def proves_nothing(folder: Path) -> None:
    theorems = api.verify(folder).facts.results[0].theorems
    assert not [theorem for theorem in theorems if theorem.verdict is Verdict.PROVED and theorem.subjects]


@pytest.mark.parametrize(("index", "same"), [("00", 0), ("010", 8), ("0,1", 1)])
def test_an_index_is_the_shells(index: str, same: int) -> None:
    assert read_image_builder(f"DOMU_MEM[{index}]=1200\n").text("DOMU_MEM", same) == "1200"
