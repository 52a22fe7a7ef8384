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
        ("DOMU_KERNEL[0]=rt\nDOM0_ROOTFS=rootfs\nLOAD_CMD=tftpb\n", "DOM0_ROOTFS needs a LOAD_CMD from mmc or scsi"),
        ('DOMU_KERNEL[0]=rt\nDOM0_ROOTFS=rootfs\nLOAD_CMD="load usb 0:1"\n', "LOAD_CMD from mmc or scsi"),
    ],
)
def test_no_script(text: str, said: str, tmp_path: Path) -> None:
    folder = written(tmp_path, text)
    found = api.verify(folder)
    assert not found.facts.results[0].theorems
    assert said in (api.handover(folder).stopped or "")
    assert any(said in finding.message for finding in found.findings if finding.rule == "CC022")
    assert api.replay(folder).to_dict()["outcome"] == "stopped"


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ('LOAD_CMD="load mmc 0:1"\n', "root=/dev/mmcblk0p2"),
        ('LOAD_CMD="load scsi 1:2"\n', "root=/dev/sdb3"),
        ('LOAD_CMD=tftpb\nDOM0_CMD="console=hvc0 root=/dev/nfs"\n', "root=/dev/nfs"),
    ],
)
def test_root_of_dom0(text: str, root: str, tmp_path: Path) -> None:
    found = api.handover(written(tmp_path, f"DOMU_KERNEL[0]=rt\nDOM0_ROOTFS=rootfs\n{text}"))
    assert found.stopped is None
    assert found.tree is not None
    chosen = next(node for node in found.tree.root.children if node.name == "chosen")
    assert chosen.properties["xen,dom0-bootargs"].value.rstrip(b"\0").decode().endswith(root)


@pytest.mark.parametrize("text", ["", 'LOAD_CMD="load mmc ${devnum}:1"\n', 'LOAD_CMD="load scsi 08:1"\n'])
def test_a_root_that_is_not_read_leaves_all_open(text: str, tmp_path: Path) -> None:
    folder = written(tmp_path, f"DOMU_KERNEL[0]=rt\nDOM0_ROOTFS=rootfs\n{text}")
    assert "root=None" not in str(api.handover(folder).to_dict())
    proves_nothing(folder)


def test_a_key_that_ends_image_builder_is_reported_once(tmp_path: Path) -> None:
    found = api.verify(written(tmp_path, "DOMU_KERNEL[0]=rt\nDOM0_KERNEL=\nDOM0_RAMDISK=rd\n"))
    assert [finding.rule for finding in found.findings if "DOM0_RAMDISK" in finding.message] == ["CC022"]


@pytest.mark.parametrize(
    "line",
    [
        "FOO=" + "$aaaaaaaaaa" * 20_000 + "&",
        "FOO=$(" + "a" * 200_000 + ")",
        "FOO=$x" + "[" * 200_000,
        'FOO="' + "\\\\" * 50_000 + '"',
        'BAR=1\nFOO="' + "$BAR" * 5_000 + '"',
    ],
)
def test_long_lines_are_read_in_linear_time(line: str) -> None:
    """None of them may take the square of its length, or more, or go too deep."""
    assert read_image_builder(f"{line}\nXEN=xen\n").text("XEN") == "xen"


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


FILES = "".join(
    f'[[target.files]]\nname = "{name}"\n{size}\n'
    for name, size in (("xen", "size = 0x17c000"), ("Image", "size = 0x1400000"), ("rt", 'file = "built/rt.bin"'))
)


def test_sizes_that_the_manifest_states(tmp_path: Path) -> None:
    """As the advice on assumed sizes says; without them, addresses and memory are open."""
    folder = written(tmp_path, "DOMU_KERNEL[0]=rt\nDOMU_MEM[0]=128\n", **{"system.dts": "/dts-v1/;\n/ { };\n"})
    (folder / "built").mkdir()
    (folder / "built" / "rt.bin").write_bytes(bytes(0x300000))
    before = [fact for fact in api.verify(folder).findings if fact.rule == "CC218"]
    (folder / "colorcheck.toml").write_text(
        MANIFEST.replace("[inputs]", f"{FILES}[inputs]\ndevice-tree = 'system.dts'")
    )
    found = api.verify(folder)
    assert before
    assert [fact for fact in found.findings if fact.rule in ("CC218", "CC002")] == []
    placed = {module.name: (module.address, module.size) for module in api.handover(folder).modules}
    assert placed["Image"] == (0xE00000, 0x1400000)
    assert placed["rt"] == (0x2200000, 0x300000)
    assert placed["xen"] == (0x2600000, 0x17C000)
