"""ImageBuilder's script beside its own edits: overlays before them, extra commands after them."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows import verify as workflow
from tests.shapes import present

TREE = '/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; compatible = "xlnx,zynqmp-zcu102"; chosen { };\n'
TREE += 'memory@0 { device_type = "memory"; reg = <0 0 0 0x7ff00000>; }; soc { uart { }; }; };\n'
CONFIG = """MEMORY_START=0x0
MEMORY_END=0x7ff00000
DEVICE_TREE=board.dtb
XEN=xen
XEN_CMD="llc-coloring=on dom0_mem=512M dom0-llc-colors=2-8"
DOM0_KERNEL=Image
NUM_DOMUS=1
DOMU_KERNEL[0]=rt.bin
"""


def run(folder: Path, more: str, **files: str):  # type: ignore[no-untyped-def]
    (folder / "board.dts").write_text(TREE)
    (folder / "config").write_text(CONFIG + more)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    manifest = (
        '[target]\nxen = "4.21"\nboard = "zcu102"\n[inputs]\ndevice-tree = "board.dts"\nimage-builder = "config"\n'
    )
    (folder / "colorcheck.toml").write_text(manifest)
    return workflow.verify(read_manifest(str(folder / "colorcheck.toml")))


def test_extra_commands_have_the_last_word(tmp_path: Path) -> None:
    extra = 'setenv c 9-12\nfdt set /chosen/domU0 llc-colors "$c"\n'
    found = run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n", extra_txt=extra)
    system = found.facts.results[0].system
    domain = next(d for d in system.domains if d.name == "domU0")
    assert domain.colors == (9, 10, 11, 12)
    assert domain.location.file.endswith("extra.txt")
    assert domain.location.line == 1


def test_extra_commands_that_fail_or_are_not_here(tmp_path: Path) -> None:
    found = run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n", extra_txt="fdt set /chosen/domU7 llc-colors 1\n")
    assert any(f.rule == "CC020" and f.location.file.endswith("extra.txt") for f in found.findings)
    (tmp_path / "extra.txt").unlink()
    assert any("extra.txt is not here" in f.message for f in run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n").findings)


@pytest.mark.parametrize(
    "line",
    [
        'XEN_CMD="$(cat cmd)"',
        "DOM0_KERNEL=$(ls Image*)",
        "NUM_DOMUS=$N",
        'DOMU_COLORS[0]="$(echo 8-11)"',
        "[ -f local ] && . local",
        "source nowhere",
        "eval $MORE",
    ],
)
@pytest.mark.parametrize("xen", ["4.21", "xilinx-4.17"])
def test_nothing_is_said_about_what_a_line_that_was_not_read_could_set(tmp_path: Path, line: str, xen: str) -> None:
    run(tmp_path, line + "\n")
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace('"4.21"', f'"{xen}"'))
    found = workflow.verify(read_manifest(str(manifest)))
    assert not any(theorem.verdict in ("proved", "refuted") for theorem in found.theorems)
    said = {finding.rule for finding in found.findings}
    assert said & {"CC011", "CC002"}
    assert not said & {"CC128", "CC203", "CC302", "CC401"}
    assert not any("ImageBuilder's configuration" in finding.message for finding in found.findings)
    assert found.skipped


OVERLAY = '/dts-v1/; /plugin/; / {{ fragment@0 {{ target-path = "{}"; __overlay__ {{ seen = "yes"; }}; }}; }};\n'


def test_an_overlay_comes_before_the_edits(tmp_path: Path) -> None:
    more = "NUM_DT_OVERLAY=1\nDT_OVERLAY[0]=o.dtbo\n"
    found = run(tmp_path, more, o_dtso=OVERLAY.format("/soc/uart"))
    assert found.facts.deployment.tree.node("/soc/uart").properties["seen"].value == b"yes\0"
    found = run(tmp_path, more, o_dtso=OVERLAY.format("/chosen/domU0"))
    assert any(f.rule == "CC022" and "destroys" in f.message for f in found.findings)
    assert not any(theorem.verdict == "proved" for _, theorem in found.facts.theorems())


def test_the_loader_is_u_boot_and_the_tree_is_shown(tmp_path: Path) -> None:
    environment = "memory = [\"0x0+0x7ff00000\"]\n[target.environment]\nbootargs = 'of the board'\n"
    run(tmp_path, "")
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("[inputs]", environment + "[inputs]"))
    found = api.handover(manifest)
    assert found.stopped is None
    assert found.tree is not None
    chosen = found.tree.node("/chosen")
    assert chosen is not None
    assert chosen.properties["bootargs"].value == b"of the board\0"
    assert present(found.tree.node("/memory@0")).properties["reg"].value.hex() == "0000000000000000000000007ff00000"
    assert [child.name for child in chosen.children][:2] == ["domU0", "dom0"]
    assert found.device_tree[0] == found.modules[-1].address
    assert found.device_tree[1] is not None
    assert {"variable bootargs", "U-Boot's memory banks"}.isdisjoint(fact.what for fact in found.open)
    before = workflow.verify(read_manifest(str(manifest)))
    assert before.facts.handover is not None
    assert any("separation" in theorem.id for _, theorem in before.facts.theorems())


def test_no_room_for_all_guests(tmp_path: Path) -> None:
    """ImageBuilder makes room for 0x1024 bytes only, and its script goes on where that is spent."""
    many = "NUM_DOMUS=48\n" + "".join(f"DOMU_KERNEL[{n}]=rt.bin\nDOMU_MEM[{n}]=16\n" for n in range(48))
    found = run(tmp_path, many)
    told = [f for f in found.findings if f.rule == "CC020" and "FDT_ERR_NOSPACE" in f.message]
    assert told
    assert told[0].location.file.endswith("config")
    assert not any(theorem.verdict == "proved" for _, theorem in found.facts.theorems() if "domU47" in theorem.id)


def test_extra_commands_go_two_ways(tmp_path: Path) -> None:
    one, other = (f'fdt set /chosen/domU0 llc-colors "{colors}"' for colors in ("9-12", "10-12"))
    extra = f"if mmc dev 0; then {one}; else {other}; fi\n"
    found = run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n", extra_txt=extra)
    verdicts = {theorem.id: theorem.verdict for _, theorem in found.facts.theorems()}
    assert verdicts["separation/dom0/domU0"] == "proved"
    extra = extra.replace("10-12", "8-12")
    found = run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n", extra_txt=extra)
    verdicts = {theorem.id: theorem.verdict for _, theorem in found.facts.theorems()}
    assert verdicts["separation/dom0/domU0"] == "unknown"


def test_extra_commands_that_are_not_here_prove_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n")
    assert not any(theorem.verdict == "proved" for _, theorem in found.facts.theorems())


def test_a_binary_that_is_no_image_is_not_started(tmp_path: Path) -> None:
    (tmp_path / "xen").write_bytes(bytes(0x1000))
    found = run(tmp_path, "")
    assert found.facts.handover is not None
    assert "magic" in (found.facts.handover.stopped or "")


@pytest.mark.parametrize(
    "line",
    [
        "LOPPER_PATH=/x\nDOMU_PASSTHROUGH_PATHS[0]=/soc/uart",
        'PASSTHROUGH_DTS_REPO="git@x:y.git dir"\nDOMU_PASSTHROUGH_PATHS[0]=/soc/uart',
        "DOMU_VCPUS[0]=08",
        "DOMU_VCPUS[0]=two",
        "DOMU_MEM[0]='1 + 2'",
        "DOMU_MEM[0]=-1",
        "DOMU_MEM[08]=128",
        "DOMU_STATIC_MEM[0]='0x10000000'",
        "DOMU_COLORS[0]=010-011",
        "NUM_DOMUS=0x1",
        "DOMU_STATIC_MEM[0]='0x10000000 0x8000000'\nDOMU_DIRECT_MAP[0]=01",
        "DOMU_KERNEL[0]='rt.bin other'",
        "XEN_CMD=",
        "DEVICE_TREE=",
        "NUM_DT_OVERLAY=one",
        "MEMORY_START='1 << 20'",
        "FOO=${XEN_COLORS:=0-3}",
        "FOO=$((NUM_DOMUS=1))",
        "FOO=$(date); NUM_DOMUS=2",
        "FOO=$(date) . other",
    ],
)
def test_what_is_not_a_plain_number_has_no_default(line: str, tmp_path: Path) -> None:
    text = "MEMORY_START=0x0\n"
    assert any(theorem.verdict == "proved" for _, theorem in run(tmp_path, text).facts.theorems())
    found = run(tmp_path, text + line + "\n")
    assert not any(theorem.verdict == "proved" for _, theorem in found.facts.theorems())
