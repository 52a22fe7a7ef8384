"""ImageBuilder's configuration as the deployment that boots."""

from __future__ import annotations

from pathlib import Path

import libfdt
import pytest

from colorcheck import api
from colorcheck.core.module_kinds import ModuleKind
from colorcheck.rules.example import Example
from colorcheck.verification.results import Verification
from tests.loader.u_boot_cases import stub
from tests.shapes import rows

MIB = 1 << 20
CONFIG = """MEMORY_START=0
MEMORY_END=0x80000000
DEVICE_TREE=system.dts
XEN=xen
XEN_CMD="dom0_mem=1G llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-12"
DOM0_KERNEL=Image
DOM0_RAMDISK=initrd
NUM_DOMUS=2
DOMU_KERNEL[0]=rt.bin
DOMU_MEM[0]=64
DOMU_COLORS[0]="13-14"
DOMU_KERNEL[1]=gui.bin
"""
SIZES = {"xen": MIB, "Image": 5 * MIB + 1, "initrd": 3, "rt.bin": 100, "gui.bin": 200}


def built(folder: Path, config: str = CONFIG, xen: str = "4.21", *, files: bool = True, rest: str = "") -> Verification:
    Example(kernel="").write(folder)
    (folder / "config").write_text(config)
    for name, size in SIZES.items() if files else ():
        (folder / name).write_bytes((stub(0x17C000) if name == "xen" else b"").ljust(size, b"\0"))
    manifest = (
        f'[target]\nxen = "{xen}"\nboard = "zcu102"\nxen-image-size = 0x17c000\n[inputs]\nimage-builder = "config"\n'
    )
    (folder / "colorcheck.toml").write_text(manifest + rest)
    return api.verify(folder)


def test_files_become_modules_behind_one_another(tmp_path: Path) -> None:
    system = built(tmp_path).facts.results[0].system
    assert system is not None
    assert system.preparation is not None
    found = {(m.kind, m.label): (m.start, m.size) for m in system.preparation.machine.modules}
    dtb = (tmp_path / "system.dts").stat().st_size
    assert found[(ModuleKind.KERNEL, "dom0")] == (14 * MIB, 5 * MIB + 1)
    assert found[(ModuleKind.RAMDISK, "dom0-ramdisk")] == (20 * MIB, 3)
    assert found[(ModuleKind.KERNEL, "module0x1600000")] == (22 * MIB, 100)
    assert found[(ModuleKind.KERNEL, "module0x1800000")] == (24 * MIB, 200)
    assert found[(ModuleKind.XEN, "Xen")] == (26 * MIB, 0x17C000)
    assert found[(ModuleKind.DEVICE_TREE, "device tree")][0] == 28 * MIB
    assert dtb


def test_domains_come_in_reverse_because_libfdt_adds_nodes_in_front(tmp_path: Path) -> None:
    tree = libfdt.Fdt.create_empty_tree(1024)
    for name in ("domU0", "domU1"):
        tree.add_subnode(0, name)
    assert tree.get_name(tree.first_subnode(0)) == "domU1"
    system = built(tmp_path).facts.results[0].system
    assert system is not None
    assert [(domain.id, domain.name) for domain in system.domains] == [(0, "dom0"), (1, "domU1"), (2, "domU0")]
    assert [domain.pages for domain in system.domains[1:]] == [512 * 256, 64 * 256]


def test_upstream_does_not_read_its_colors(tmp_path: Path) -> None:
    found = built(tmp_path)
    assert [d["colors"] for d in rows(api.effective(tmp_path).to_dict()["domains"])][1:] == [list(range(16))] * 2
    wrong = next(f for f in found.findings if f.rule == "CC203")
    assert (wrong.location.line, wrong.fix) == (11, ())
    assert "ImageBuilder cannot write llc-colors" in wrong.help
    assert found.exit_status() == 1


def test_places_are_those_of_the_configuration(tmp_path: Path) -> None:
    found = built(tmp_path, CONFIG.replace("dom0-llc-colors=1-12", "dom0-llc-colours=1-12"))
    wrong = next(f for f in found.findings if f.rule == "CC105")
    line = CONFIG.splitlines()[4]
    assert (Path(wrong.location.file).name, wrong.location.line) == ("config", 5)
    assert wrong.location.column == line.index("dom0-llc-colors") + 1


def test_without_a_command_line_no_fix_touches_the_keys(tmp_path: Path) -> None:
    config = CONFIG.replace("XEN_CMD=", "#").replace("DOM0_RAMDISK", 'XEN_COLORS="0-1"\nDOM0_RAMDISK')
    other = next(f for f in built(tmp_path, config).findings if f.rule == "CC202")
    assert (other.location.line, other.fix) == (7, ())


def test_missing_files_are_told_and_assumed_large(tmp_path: Path) -> None:
    told = [f for f in built(tmp_path, files=False).findings if f.rule == "CC218"]
    assert len(told) == 1
    assert "Image (32 MiB)" in told[0].message


def test_the_manifest_goes_before_load_addresses(tmp_path: Path) -> None:
    rest = 'device-tree = "system.dts"\n'
    found = built(tmp_path, CONFIG.replace("system.dts", "gone.dtb"), rest=rest)
    assert not [f for f in found.findings if f.rule == "CC002"]
    found = built(tmp_path, CONFIG.replace("system.dts", "gone.dtb"))
    assert [(f.rule, f.location.line) for f in found.findings if f.rule == "CC002"] == [("CC002", 3)]


@pytest.mark.parametrize("config", ["", "NUM_DOMUS=99999999999\n", "DEVICE_TREE=config\n", "XEN=/\nDOM0_KERNEL=..\n"])
def test_odd_configurations_end_without_a_fault(config: str, tmp_path: Path) -> None:
    found = built(tmp_path, config)
    assert found.faults == ()
    assert found.exit_status() in (1, 4)


def test_a_fork_reads_the_mask(tmp_path: Path) -> None:
    config = CONFIG.replace("llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-12", "xen_colors=0-0 dom0_colors=1-12")
    assert built(tmp_path, config, "xilinx-4.13").exit_status() in (1, 4)
    document = api.effective(tmp_path).to_dict()
    assert {d["name"]: d["colors"] for d in rows(document["domains"])}["domU0"] == [13, 14]
