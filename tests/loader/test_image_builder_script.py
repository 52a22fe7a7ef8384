"""ImageBuilder's script beside its own edits: overlays before them, extra commands after them."""

from __future__ import annotations

from pathlib import Path

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows import verify as workflow

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
    assert any("not followed" in f.message for f in run(tmp_path, "APPEND_EXTRA_CMDS=extra.txt\n").findings)


OVERLAY = '/dts-v1/; /plugin/; / {{ fragment@0 {{ target-path = "{}"; __overlay__ {{ seen = "yes"; }}; }}; }};\n'


def test_an_overlay_comes_before_the_edits(tmp_path: Path) -> None:
    more = "NUM_DT_OVERLAY=1\nDT_OVERLAY[0]=o.dtbo\n"
    found = run(tmp_path, more, o_dtso=OVERLAY.format("/soc/uart"))
    assert found.facts.deployment.tree.node("/soc/uart").properties["seen"].value == b"yes\0"
    found = run(tmp_path, more, o_dtso=OVERLAY.format("/chosen/domU0"))
    assert any(f.rule == "CC022" and "destroys" in f.message for f in found.findings)
    assert not any(theorem.verdict == "proved" for _, theorem in found.facts.theorems())
